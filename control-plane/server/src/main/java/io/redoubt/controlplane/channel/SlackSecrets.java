package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Disclosed;
import java.io.IOException;

/**
 * What Redoubt proves itself to Slack with, and Slack to Redoubt.
 *
 * @param botToken for calls to Slack
 * @param signingSecret of calls from Slack
 */
record SlackSecrets(Disclosed botToken, Disclosed signingSecret) {
  byte[] sealable() {
    try {
      return Json.LENIENT.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("two texts can be written", e);
    }
  }

  static SlackSecrets of(byte[] opened) {
    try {
      return Json.LENIENT.readValue(opened, SlackSecrets.class);
    } catch (IOException _) {
      throw new IllegalStateException("secrets that were sealed here"); // without what they say
    }
  }
}
