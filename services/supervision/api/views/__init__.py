"""What answers show. Answers to commands repeat no sensitive text: they are kept to answer a repetition."""
