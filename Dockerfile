# memos-mcp serve in a container: everything in one volume, as a user without rights.
FROM python:3.12-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/memos-mcp && /opt/memos-mcp/bin/pip install --no-cache-dir --no-compile ".[postgres]"

FROM python:3.12-slim-bookworm
LABEL io.modelcontextprotocol.server.name="io.github.memos-mcp/memos-mcp"
RUN useradd --system --uid 10001 --create-home --home-dir /home/memos memos \
    && install -d -o memos -g memos -m 0700 /data
COPY --from=build /opt/memos-mcp /opt/memos-mcp
ENV PATH="/opt/memos-mcp/bin:$PATH" MEMOS_DATA_DIR=/data PYTHONUNBUFFERED=1
USER 10001
VOLUME /data
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/health', timeout=4)"]
# Others than loopback need MEMOS_TOKENS, or the start is refused with a sentence. For stdio: docker run -i IMAGE memos-mcp
CMD ["memos-mcp", "serve", "--host", "0.0.0.0"]
