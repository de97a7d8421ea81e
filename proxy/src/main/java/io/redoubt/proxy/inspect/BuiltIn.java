package io.redoubt.proxy.inspect;

import io.redoubt.content.Detector;
import java.util.List;
import java.util.Map;

/** Everything that is looked for without being asked to. */
final class BuiltIn {
  private static final List<String> CHAT_MARKUP =
      List.of(
          "<|im_start|>",
          "<|im_end|>",
          "<|system|>",
          "<|user|>",
          "<|assistant|>",
          "<|endoftext|>",
          "<|start_header_id|>",
          "<|end_header_id|>",
          "<|eot_id|>",
          "<|begin_of_text|>",
          "[INST]",
          "[/INST]",
          "<<SYS>>",
          "<</SYS>>",
          "<start_of_turn>",
          "<end_of_turn>");

  /** Names of secrets, and whether people choose them. */
  private static final Map<String, Boolean> SECRET_NAMES =
      Map.ofEntries(
          Map.entry("password", true),
          Map.entry("passwd", true),
          Map.entry("passphrase", true),
          Map.entry("pwd", true),
          Map.entry("secret", false),
          Map.entry("token", false),
          Map.entry("apikey", false),
          Map.entry("api_key", false),
          Map.entry("api-key", false),
          Map.entry("access_key", false),
          Map.entry("accesskey", false),
          Map.entry("auth_key", false),
          Map.entry("encryption_key", false),
          Map.entry("private_key", false),
          Map.entry("credential", false));

  private static final String RULES =
      "instructions|instruction|prompts|prompt|rules|directions|directives|guidelines|commands|"
          + "constraints|programming|restrictions|safeguards";

  /** What is said to a model to turn it against its orders. */
  private static final List<String> PHRASES =
      List.of(
          "ignore|disregard|forget|bypass|override|overrule|neglect|skip|discard"
              + " {all|any|every|of|the|your|my|our|these|those|other|and|everything|completely}*"
              + " previous|prior|above|earlier|preceding|foregoing|existing|original|initial|system"
              + " {and|or|system|safety|developer|user|of|the|your|set|security|content|given}* "
              + RULES,
          "ignore|disregard|forget|bypass|override|discard {all|any|of}* your|all"
              + " {of|your|safety|ethical|content|internal|built|in|programmed|moral|security}* "
              + RULES,
          "ignore|disregard|forget {absolutely|about}* everything|anything|whatever"
              + " {that|you|i|we|they|was|were|have|has|been|else|said|written|stated|the}*"
              + " above|before|previously|earlier|told|instructed|learned|prior",
          "you {are|re|will|must|shall}* {now|become|be|act|as|operating|in|an|a|the|no|longer|ai}*"
              + " jailbroken|unrestricted|unfiltered|uncensored|dan",
          "pretend|act|behave|respond|answer|roleplay"
              + " {as|if|to|like|you|are|be|have|a|an|were|had|with|that|there|no|without|any}*"
              + " {ai|assistant|model|chatbot|ethical|moral|safety|content|any|no|without|with}*"
              + " unrestricted|unfiltered|uncensored|jailbroken|guardrails|safeguards|restrictions",
          "reveal|print|show|repeat|output|display|leak|disclose|expose|tell|give|share|dump|recite"
              + " {me|us|verbatim|back|all|of|the|everything|in|full|and|out|please|entire|exact}*"
              + " your|hidden|secret|initial|verbatim"
              + " {full|entire|exact|complete|hidden|secret|initial|original|internal|system|own}*"
              + " prompt|instructions|directives|guidelines",
          "enter|enable|activate|unlock|start {the|your|into|a}* dan|god|jailbreak|unrestricted mode",
          "dan|god|jailbreak mode {is|now|has|been}* enabled|activated|unlocked|on",
          "stands for do anything now",
          "act|pretend|behave {as|to|be|like|a|an|the|ai|called|named}* dan|jailbroken|unrestricted",
          "system|admin|administrator|developer|security override {code|command|key|mode|sequence}*"
              + " activated|engaged|accepted|authorized|enabled|initiated",
          "new|updated|revised system instructions|prompt|directive|directives",
          "from now on {you|will|must|are|to|only|the|as|an|a|going|ai|assistant}*"
              + " ignore|disregard|bypass|jailbroken|unrestricted|unfiltered|dan|obey",
          "ignoriere|ignorier|ignorieren|vergiss|vergesst|missachte"
              + " {sie|alle|die|deine|meine|bitte|sämtliche|jetzt}*"
              + " vorherigen|vorigen|bisherigen|obigen|früheren|vorangegangenen"
              + " anweisungen|instruktionen|regeln|vorgaben|befehle",
          "ignorez|ignore|oubliez|oublie {toutes|tous|les|tes|vos|ces|mes|des}*"
              + " instructions|consignes|règles|directives"
              + " {qui|que|t|ont|été|données|système}* précédentes|antérieures|ci|initiales",
          "ignora|ignore|olvida|olvide|omite {todas|todos|las|los|tus|sus|mis|estas}*"
              + " instrucciones|órdenes|reglas|indicaciones"
              + " {que|te|se|han|dadas|del|sistema}* anteriores|previas|iniciales");

  /** What is said with a "not" in front. */
  private static final List<String> NEGATED =
      List.of(
          "tell|inform|mention|reveal|alert|notify|warn|disclose {this|it|that|about|any|of|to}*"
              + " {the|your|any|a}* user|users|human|humans|operator|owner|administrator|anyone"
              + " {about|of|that}* {this|these|it|what|you|the}*");

  static final Anchors ANCHORS = anchors();

  private BuiltIn() {}

  private static Anchors anchors() {
    var anchors = new Anchors.Builder();
    anchors.within('@', new EmailMatcher());
    anchors.literal("://", new UrlCredentialsMatcher());
    for (TokenMatcher rule : TokenRules.ALL) {
      anchors.literal(rule.prefix(), rule);
    }
    for (String kind : List.of("rdb_", "rdr_", "rde_", "rdc_")) {
      anchors.literal(kind, new RedoubtTokenMatcher());
    }
    anchors.literal("eyJ", new JwtMatcher());
    anchors.literal("-----BEGIN ", new PrivateKeyMatcher());
    anchors.literal("bearer ", new BearerMatcher());
    SECRET_NAMES.forEach(
        (name, isPassword) -> anchors.literal(name, new AssignmentMatcher(name, isPassword)));
    phones(anchors);
    anchors.number(false, new NumberMatcher());
    anchors.number(true, new LetterNumberMatcher());
    CHAT_MARKUP.forEach(
        text -> anchors.literal(text, new LiteralMatcher(Detector.CHAT_MARKUP, text)));
    hidden(anchors);
    PHRASES.forEach(phrase -> phrase(anchors, new PhraseMatcher(phrase, false)));
    NEGATED.forEach(phrase -> phrase(anchors, new PhraseMatcher(phrase, true)));
    return anchors.build();
  }

  private static void phones(Anchors.Builder anchors) {
    var phone = new PhoneMatcher();
    for (char third : "0 -(.".toCharArray()) {
      anchors.bytes('+', '0', third, 0, phone);
    }
  }

  private static void hidden(Anchors.Builder anchors) {
    var hidden = new HiddenTextMatcher();
    anchors.bytes(0xE2, 0x80, 0x8B, 0, hidden);
    anchors.bytes(0xE2, 0x80, 0xAD, 0, hidden);
    anchors.bytes(0xE2, 0x81, 0xA0, 0, hidden);
    anchors.bytes(0xEF, 0xBB, 0xBF, 0, hidden);
    anchors.bytes(0xF3, 0xA0, 0x80, 0, hidden);
    anchors.bytes(0xF3, 0xA0, 0x81, 0, hidden);
  }

  private static void phrase(Anchors.Builder anchors, PhraseMatcher phrase) {
    for (String word : phrase.firstWords()) {
      anchors.literal(word, phrase.beginningWith(word));
    }
  }
}
