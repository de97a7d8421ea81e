package io.redoubt.protocol.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.AgentToken.Kind;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class AgentTokenTest {
  private static final char[] BASE64URL =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".toCharArray();
  private static final char[] ANYTHING = (String.valueOf(BASE64URL) + ".=+/ \né€").toCharArray();

  private final OrganizationId organization = OrganizationId.next(Clock.systemUTC());
  private final AgentId agent = AgentId.next(Clock.systemUTC());
  private final FamilyHandle handle = FamilyHandle.create(organization, agent);
  private final AgentToken token = AgentToken.mint(Kind.REFRESH, handle);

  @Test
  void aTokenComesBack() {
    var read = AgentToken.parse(Kind.REFRESH, token.reveal()).orElseThrow();

    assertThat(read.handle()).isEqualTo(handle);
    assertThat(read.digest()).isEqualTo(token.digest());
    assertThat(read.familyId()).isEqualTo(handle.familyId());
    assertThat(token.reveal()).startsWith("rdr_").hasSize(AgentToken.LENGTH);
  }

  @Test
  void everySingleWrongCharacterIsNoticed() {
    String text = token.reveal();
    for (int at = 0; at < text.length(); at++) {
      for (char other : ANYTHING) {
        if (other != text.charAt(at)) {
          String corrupt = text.substring(0, at) + other + text.substring(at + 1);
          assertThat(AgentToken.parse(Kind.REFRESH, corrupt)).as(corrupt).isEmpty();
        }
      }
    }
  }

  @Test
  void everyTruncationAndEveryAdditionIsNoticed() {
    String text = token.reveal();
    for (int length = 0; length < text.length(); length++) {
      assertThat(AgentToken.parse(Kind.REFRESH, text.substring(0, length))).isEmpty();
    }
    assertThat(AgentToken.parse(Kind.REFRESH, text + "A")).isEmpty();
    assertThat(AgentToken.parse(Kind.REFRESH, " " + text)).isEmpty();
    assertThat(AgentToken.parse(Kind.REFRESH, null)).isEmpty();
  }

  @Test
  void aTokenOfOneKindIsNoneOfTheOther() {
    assertThat(AgentToken.parse(Kind.BOOTSTRAP, token.reveal())).isEmpty();
    assertThat(AgentToken.parse(Kind.BOOTSTRAP, token.reveal().replace("rdr_", "rdb_"))).isEmpty();
  }

  @Test
  void anotherSpellingOfTheSameBytesIsRefusedThoughItsChecksumIsRight() {
    String text = token.reveal();
    int secretEnd = text.lastIndexOf('.');
    byte[] secret = Base64.getUrlDecoder().decode(text.substring(secretEnd - 43, secretEnd));
    for (char other : BASE64URL) {
      String body = text.substring(0, secretEnd - 1) + other;
      String respelled = body + '.' + Checksum.of(body);
      byte[] decoded = Base64.getUrlDecoder().decode(body.substring(secretEnd - 43));
      boolean same = Arrays.equals(decoded, secret);
      if (same && !respelled.equals(text)) {
        assertThat(AgentToken.parse(Kind.REFRESH, respelled)).isEmpty();
      }
    }
  }

  @Test
  void aHandleMovedToAnotherTenantOrAgentNamesAnotherFamily() {
    var elsewhere =
        new FamilyHandle(OrganizationId.next(Clock.systemUTC()), agent, handle.secret());
    var another = new FamilyHandle(organization, AgentId.next(Clock.systemUTC()), handle.secret());

    assertThat(elsewhere.familyId()).isNotEqualTo(handle.familyId());
    assertThat(another.familyId()).isNotEqualTo(handle.familyId());
    assertThat(FamilyHandle.create(organization, agent).familyId()).isNotEqualTo(handle.familyId());
  }

  @Test
  void bootstrapAndRefreshTokensOfAFamilyShareItsHandle() {
    var bootstrap = AgentToken.mint(Kind.BOOTSTRAP, handle);

    assertThat(bootstrap.familyId()).isEqualTo(token.familyId());
    assertThat(bootstrap.reveal().substring(4, 68)).isEqualTo(token.reveal().substring(4, 68));
    assertThat(bootstrap.digest()).isNotEqualTo(token.digest());
  }

  @Test
  void noSecretIsPrinted() {
    assertThat(token.toString()).doesNotContain(token.reveal().substring(4, 30));
    assertThat(handle.toString()).doesNotContain(handle.secret().toString());
  }
}
