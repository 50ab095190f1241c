#!/bin/sh
# memos-mcp serve; sh examples/rest.sh [BASE_URL]     With MEMOS_TOKENS: curl --header "Authorization: Token YOUR-TOKEN"
set -eu
base=${1:-http://127.0.0.1:8765/api/openmem/v1}

curl --silent --fail --json '{
  "user_id": "ana", "conversation_id": "garden", "async_mode": false,
  "messages": [{"role": "user", "content": "The roses need water every second day."}]
}' "$base/add/message"
echo

curl --silent --fail --json '{"user_id": "ana", "query": "How often are the roses watered?"}' "$base/search/memory"
echo
