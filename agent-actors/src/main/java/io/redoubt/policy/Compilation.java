package io.redoubt.policy;

/** What becomes of policy texts: a set that decides, or all that is wrong with them. */
public sealed interface Compilation permits PolicySet, PolicyProblems {}
