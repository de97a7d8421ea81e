package io.redoubt.multinode.history;

/**
 * One call of a model.
 *
 * @param agent who called
 * @param trace the W3C trace id that the caller chose; the audit record carries it
 * @param permitted whether the answer was one of the upstream
 * @param status 0 where none came
 */
public record ModelCall(
    String agent, String trace, long started, long ended, boolean permitted, int status)
    implements Timed {}
