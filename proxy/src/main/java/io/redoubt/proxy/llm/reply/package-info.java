/**
 * Tool calls within the replies of models: found, held back until they are whole, and then let out
 * byte for byte or replaced by an explanation.
 *
 * <p>{@link io.redoubt.proxy.llm.reply.ReplyGuard} is the way in. It knows neither threads nor
 * timers: whoever passes the reply on feeds it with chunks, sends what it answers, asks for
 * verdicts when it has a question, and stops reading until they are there. In short:
 *
 * <pre>{@code
 * push(guard.feed(chunk));                      // for each chunk; may be empty
 * push(guard.finish());                         // at the proper end
 * if (guard.question() != null) {               // after either of them
 *   decide(guard.question()).thenAccept(verdicts -> push(guard.decided(verdicts)));
 * }
 * if (guard.broken() != null) {                 // after any of them
 *   leaveProvider(); failClient();              // once what was answered is sent
 * }
 * everyFewSeconds(() -> { if (guard.holds()) push(guard.keepAlive()); });
 * guard.close();                                // in the end, however it came
 * }</pre>
 *
 * <p>A reply that is encoded, or says that it is in another charset than UTF-8, is not to be given
 * to a guard: it cannot be looked into, and is refused. A reply that may be changed has no known
 * length. What the client did not ask for and is withheld (the usage of a chat completion) is
 * withheld first.
 */
@NullMarked
package io.redoubt.proxy.llm.reply;

import org.jspecify.annotations.NullMarked;
