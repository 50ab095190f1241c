"""What every test needs before anything is imported."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
