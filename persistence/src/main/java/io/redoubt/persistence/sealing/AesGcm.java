package io.redoubt.persistence.sealing;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/** AES-256-GCM with a random 12-byte nonce in front and a 16-byte tag behind (G6). */
final class AesGcm {
  static final int KEY_BYTES = 32;
  static final int NONCE_BYTES = 12;
  static final int TAG_BYTES = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** To look one up costs more than to seal a request with it. */
  private static final BlockingQueue<Cipher> IDLE = new ArrayBlockingQueue<>(32);

  private AesGcm() {}

  static byte[] random(int bytes) {
    byte[] random = new byte[bytes];
    RANDOM.nextBytes(random);
    return random;
  }

  /**
   * @param header written between nonce and ciphertext in the clear, and authenticated
   */
  static byte[] seal(SecretKey key, byte[] header, byte[] associated, byte[] plaintext) {
    try {
      byte[] nonce = random(NONCE_BYTES);
      var cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce);
      cipher.updateAAD(header);
      cipher.updateAAD(associated);
      byte[] sealed = new byte[NONCE_BYTES + header.length + plaintext.length + TAG_BYTES];
      ByteBuffer.wrap(sealed).put(nonce).put(header);
      cipher.doFinal(plaintext, 0, plaintext.length, sealed, NONCE_BYTES + header.length);
      giveBack(cipher);
      return sealed;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM is part of every JDK", e);
    }
  }

  static byte[] open(SecretKey key, int headerBytes, byte[] associated, byte[] sealed) {
    int front = NONCE_BYTES + headerBytes;
    if (sealed.length < front + TAG_BYTES) {
      throw new SealBrokenException("too short to have been sealed");
    }
    try {
      byte[] nonce = java.util.Arrays.copyOf(sealed, NONCE_BYTES);
      var cipher = cipher(Cipher.DECRYPT_MODE, key, nonce);
      cipher.updateAAD(sealed, NONCE_BYTES, headerBytes);
      cipher.updateAAD(associated);
      byte[] opened = cipher.doFinal(sealed, front, sealed.length - front);
      giveBack(cipher);
      return opened;
    } catch (AEADBadTagException e) {
      throw new SealBrokenException("the seal is broken", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM is part of every JDK", e);
    }
  }

  private static Cipher cipher(int mode, SecretKey key, byte[] nonce)
      throws GeneralSecurityException {
    var idle = IDLE.poll();
    var cipher = idle == null ? Cipher.getInstance("AES/GCM/NoPadding") : idle;
    cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * 8, nonce));
    return cipher;
  }

  /**
   * One that has done what it was asked to; of any other nobody knows what it is in the midst of.
   */
  private static void giveBack(Cipher cipher) {
    boolean _ = IDLE.offer(cipher);
  }
}
