"""The plans of fourteen products that sell tokens or credits: one file each, in a few lines of data.

Rules and figures as the products published them; `docs/gallery.md` says what each file shows.
"""
