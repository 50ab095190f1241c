"""The HTTP app: REST contract, `/api/v1`, the page's files, guard and sign-in. Only here is starlette imported."""
