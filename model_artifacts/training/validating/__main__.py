"""`python -m model_artifacts.training.validating`: `task validate`."""

import sys

from model_artifacts.training.validating.project import main

if __name__ == "__main__":
    sys.exit(main())
