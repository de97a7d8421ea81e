package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Where the server of a chat calls: believes nothing that is not proven. */
interface Door {
  /**
   * Answers a call: with what the chat is to show, or nothing.
   *
   * @return fails with a problem where it is not the chat's, or not to be heard
   */
  CompletionStage<Optional<ObjectNode>> answer(Knock knock);
}
