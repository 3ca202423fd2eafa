"""A broker for development on one machine that keeps the rules of a Knative Broker; a cluster uses Knative's own."""
