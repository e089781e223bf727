"""The main job on a local control plane, told step by step: `python -m demo`."""
