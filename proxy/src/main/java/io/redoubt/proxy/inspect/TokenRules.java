package io.redoubt.proxy.inspect;

import static io.redoubt.content.Bytes.ALNUM;
import static io.redoubt.content.Bytes.BASE64;
import static io.redoubt.content.Bytes.DIGIT;
import static io.redoubt.content.Bytes.DOT;
import static io.redoubt.content.Bytes.HEX;
import static io.redoubt.content.Bytes.TOKEN;
import static io.redoubt.content.Bytes.UPPER;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;
import java.util.List;

/** How providers write their secrets. */
final class TokenRules {
  private static final int LONG = 512;

  static final List<TokenMatcher> ALL =
      List.of(
          new TokenMatcher(Detector.OPENAI_KEY, "sk-", ALNUM, 20, 64),
          new TokenMatcher(Detector.OPENAI_KEY, "sk-proj-", TOKEN, 20, 256),
          new TokenMatcher(Detector.OPENAI_KEY, "sk-svcacct-", TOKEN, 20, 256),
          new TokenMatcher(Detector.OPENAI_KEY, "sk-admin-", TOKEN, 20, 256),
          new TokenMatcher(Detector.OPENAI_KEY, "sk-or-v1-", HEX, 64, 64),
          new TokenMatcher(Detector.ANTHROPIC_KEY, "sk-ant-", TOKEN, 20, 256),
          new TokenMatcher(Detector.AWS_ACCESS_KEY, "AKIA", UPPER | DIGIT, 16, 16),
          new TokenMatcher(Detector.AWS_ACCESS_KEY, "ASIA", UPPER | DIGIT, 16, 16),
          new TokenMatcher(Detector.AWS_ACCESS_KEY, "ABIA", UPPER | DIGIT, 16, 16),
          new TokenMatcher(Detector.AWS_ACCESS_KEY, "ACCA", UPPER | DIGIT, 16, 16),
          new TokenMatcher(Detector.AZURE_STORAGE_KEY, "AccountKey=", BASE64, 86, 90),
          new TokenMatcher(Detector.GITHUB_TOKEN, "ghp_", ALNUM, 36, 255),
          new TokenMatcher(Detector.GITHUB_TOKEN, "gho_", ALNUM, 36, 255),
          new TokenMatcher(Detector.GITHUB_TOKEN, "ghu_", ALNUM, 36, 255),
          new TokenMatcher(Detector.GITHUB_TOKEN, "ghs_", ALNUM, 36, 255),
          new TokenMatcher(Detector.GITHUB_TOKEN, "ghr_", ALNUM, 36, 255),
          new TokenMatcher(Detector.GITHUB_TOKEN, "github_pat_", Bytes.WORD, 40, 255),
          new TokenMatcher(Detector.SLACK_TOKEN, "xoxb-", TOKEN, 16, 255),
          new TokenMatcher(Detector.SLACK_TOKEN, "xoxp-", TOKEN, 16, 255),
          new TokenMatcher(Detector.SLACK_TOKEN, "xoxa-", TOKEN, 16, 255),
          new TokenMatcher(Detector.SLACK_TOKEN, "xoxr-", TOKEN, 16, 255),
          new TokenMatcher(Detector.SLACK_TOKEN, "xoxs-", TOKEN, 16, 255),
          new TokenMatcher(Detector.SLACK_TOKEN, "xoxe-", TOKEN, 16, 255),
          new TokenMatcher(Detector.SLACK_TOKEN, "xoxe.xox", TOKEN, 16, 255),
          new TokenMatcher(Detector.SLACK_TOKEN, "xapp-", TOKEN, 16, 255),
          new TokenMatcher(
              Detector.SLACK_WEBHOOK, "https://hooks.slack.com/services/", BASE64, 24, 128),
          new TokenMatcher(Detector.GOOGLE_API_KEY, "AIza", TOKEN, 35, 35),
          new TokenMatcher(Detector.GOOGLE_OAUTH, "GOCSPX-", TOKEN, 28, 28),
          new TokenMatcher(Detector.GOOGLE_OAUTH, "ya29.", TOKEN, 40, LONG),
          new TokenMatcher(Detector.STRIPE_KEY, "sk_live_", ALNUM, 16, 255),
          new TokenMatcher(Detector.STRIPE_KEY, "sk_test_", ALNUM, 16, 255),
          new TokenMatcher(Detector.STRIPE_KEY, "rk_live_", ALNUM, 16, 255),
          new TokenMatcher(Detector.STRIPE_KEY, "rk_test_", ALNUM, 16, 255),
          new TokenMatcher(Detector.STRIPE_KEY, "whsec_", BASE64, 32, 128),
          new TokenMatcher(Detector.GITLAB_TOKEN, "glpat-", TOKEN | DOT, 20, 128),
          new TokenMatcher(Detector.GITLAB_TOKEN, "gldt-", TOKEN, 20, 128),
          new TokenMatcher(Detector.GITLAB_TOKEN, "glrt-", TOKEN | DOT, 20, 128),
          new TokenMatcher(Detector.GITLAB_TOKEN, "glcbt-", TOKEN, 20, 128),
          new TokenMatcher(Detector.GITLAB_TOKEN, "glptt-", TOKEN, 20, 128),
          new TokenMatcher(Detector.NPM_TOKEN, "npm_", ALNUM, 36, 36),
          new TokenMatcher(Detector.PYPI_TOKEN, "pypi-AgE", TOKEN, 50, LONG),
          new TokenMatcher(Detector.HUGGINGFACE_TOKEN, "hf_", ALNUM, 34, 40),
          new TokenMatcher(Detector.SENDGRID_KEY, "SG.", TOKEN | DOT, 66, 66),
          new TokenMatcher(Detector.DIGITALOCEAN_TOKEN, "dop_v1_", HEX, 64, 64),
          new TokenMatcher(Detector.DIGITALOCEAN_TOKEN, "doo_v1_", HEX, 64, 64),
          new TokenMatcher(Detector.DOCKER_TOKEN, "dckr_pat_", TOKEN, 27, 32),
          new TokenMatcher(Detector.SHOPIFY_TOKEN, "shpat_", HEX, 32, 32),
          new TokenMatcher(Detector.SHOPIFY_TOKEN, "shpss_", HEX, 32, 32),
          new TokenMatcher(Detector.GROQ_KEY, "gsk_", ALNUM, 40, 64),
          new TokenMatcher(Detector.DATABRICKS_TOKEN, "dapi", HEX, 32, 32),
          new TokenMatcher(Detector.VAULT_TOKEN, "hvs.", TOKEN, 24, 255),
          new TokenMatcher(Detector.VAULT_TOKEN, "hvb.", TOKEN, 24, 255));

  private TokenRules() {}

  /** Whether something begins here that another detector knows better. */
  static boolean announces(Window window, int from) {
    if (window.has(from, "eyJ") || (window.has(from, "rd") && window.at(from + 3) == '_')) {
      return true;
    }
    for (TokenMatcher rule : ALL) {
      if (window.at(from) == rule.prefix().charAt(0) && window.has(from, rule.prefix())) {
        return true;
      }
    }
    return false;
  }
}
