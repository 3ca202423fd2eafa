"""How the images of the stages are built."""
