"""A small service that sells AI by the token: FastAPI, SQLite, Stripe. `python -m examples.fastapi_app` starts it."""
