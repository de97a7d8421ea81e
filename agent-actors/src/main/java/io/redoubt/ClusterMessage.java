package io.redoubt;

/** Marks what nodes send each other; bound to one serializer. */
public interface ClusterMessage {}
