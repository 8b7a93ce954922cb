"""`segeval report`: one HTML file with everything that is known of a model."""
