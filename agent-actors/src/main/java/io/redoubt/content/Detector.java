package io.redoubt.content;

import java.util.Locale;

/** What is looked for without being asked to. */
public enum Detector {
  EMAIL(Category.PII),
  PHONE(Category.PII),
  PAYMENT_CARD(Category.PII),
  IBAN(Category.PII),
  BR_CPF(Category.PII),
  DE_STEUER_ID(Category.PII),
  ES_DNI(Category.PII),
  FI_HETU(Category.PII),
  FR_NIR(Category.PII),
  GB_NINO(Category.PII),
  IN_AADHAAR(Category.PII),
  IT_CODICE_FISCALE(Category.PII),
  PL_PESEL(Category.PII),
  US_SSN(Category.PII),

  ANTHROPIC_KEY(Category.SECRET),
  ASSIGNED_SECRET(Category.SECRET),
  AWS_ACCESS_KEY(Category.SECRET),
  AWS_SECRET_KEY(Category.SECRET),
  AZURE_STORAGE_KEY(Category.SECRET),
  BEARER_TOKEN(Category.SECRET),
  DATABRICKS_TOKEN(Category.SECRET),
  DIGITALOCEAN_TOKEN(Category.SECRET),
  DOCKER_TOKEN(Category.SECRET),
  GITHUB_TOKEN(Category.SECRET),
  GITLAB_TOKEN(Category.SECRET),
  GOOGLE_API_KEY(Category.SECRET),
  GOOGLE_OAUTH(Category.SECRET),
  GROQ_KEY(Category.SECRET),
  HUGGINGFACE_TOKEN(Category.SECRET),
  JWT(Category.SECRET),
  NPM_TOKEN(Category.SECRET),
  OPENAI_KEY(Category.SECRET),
  PRIVATE_KEY(Category.SECRET),
  PYPI_TOKEN(Category.SECRET),
  REDOUBT_TOKEN(Category.SECRET),
  SENDGRID_KEY(Category.SECRET),
  SHOPIFY_TOKEN(Category.SECRET),
  SLACK_TOKEN(Category.SECRET),
  SLACK_WEBHOOK(Category.SECRET),
  STRIPE_KEY(Category.SECRET),
  URL_CREDENTIALS(Category.SECRET),
  VAULT_TOKEN(Category.SECRET),

  CHAT_MARKUP(Category.INJECTION),
  HIDDEN_TEXT(Category.INJECTION),
  INSTRUCTION_OVERRIDE(Category.INJECTION);

  private final Category category;
  private final String code;

  Detector(Category category) {
    this.category = category;
    this.code = name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public Category category() {
    return category;
  }

  /** As it is written in policies and records. */
  public String code() {
    return code;
  }
}
