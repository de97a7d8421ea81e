package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.load.Request;
import io.redoubt.bench.scenario.SpendOutcomes.Form;
import io.redoubt.protocol.token.AgentToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Trial after trial with one agent: a new bootstrap token, a new family, its first refresh token
 * spent by several at once, and a look at what the family is then.
 */
final class SpendLane {
  private static final int MOST_USES = 8;

  private final Rig rig;
  private final String agent;
  private final SpendOutcomes outcomes;
  private final Caller operator;
  private final List<Caller> users = new ArrayList<>();
  private boolean busy;

  SpendLane(Rig rig, String agent, SpendOutcomes outcomes) {
    this.rig = rig;
    this.agent = agent;
    this.outcomes = outcomes;
    this.operator = new Caller(rig.loop(), rig.product().runtime().controlPlane());
    for (int i = 0; i < MOST_USES; i++) {
      users.add(new Caller(rig.loop(), rig.product().node(i).agent()));
    }
  }

  void start() {
    busy = true;
    offer();
  }

  boolean isBusy() {
    return busy;
  }

  private void offer() {
    int number = outcomes.next();
    if (number < 0) {
      busy = false;
      return;
    }
    insist(
        operator,
        () ->
            Request.post(
                operator.address(),
                "/api/v1/agents/" + agent + "/bootstrap-token",
                rig.api().bearer(),
                "{}"),
        offered -> bootstrap(number, required(offered, "bootstrap_token")));
  }

  private void bootstrap(int number, String token) {
    insist(
        users.getFirst(),
        () ->
            Request.post(
                users.getFirst().address(),
                "/v1/agent/bootstrap",
                null,
                "{\"bootstrap_token\":\"" + token + "\"}"),
        booted -> new Race(number, required(booted, "refresh_token")).run());
  }

  /** Asks until there is an answer of success: set-up may be put off, what is tested may not. */
  private void insist(Caller caller, Supplying request, Consumer<Caller.Answer> then) {
    byte[] bytes;
    try {
      bytes = request.get();
    } catch (IOException | InterruptedException e) {
      abandon("no operator token: " + e.getMessage());
      return;
    }
    caller.call(
        bytes,
        new Caller.Answered() {
          @Override
          public void answer(Caller.Answer answer) {
            if (answer.status() / 100 == 2) {
              then.accept(answer);
            } else if (answer.status() == 429 || answer.status() == 503) {
              long seconds = Long.parseLong(answer.head().field("retry-after").orElse("1"));
              rig.loop()
                  .at(
                      System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds),
                      () -> insist(caller, request, then));
            } else {
              abandon("setting up a trial → " + answer.status() + " " + answer.body());
            }
          }

          @Override
          public void failed(String why) {
            abandon("setting up a trial: " + why);
          }
        });
  }

  private interface Supplying {
    byte[] get() throws IOException, InterruptedException;
  }

  private void abandon(String why) {
    outcomes.fault(why);
    busy = false;
  }

  private static String required(Caller.Answer answer, String member) {
    String value = answer.member(member);
    if (value == null) {
      throw new IllegalStateException("an answer without " + member);
    }
    return value;
  }

  /** The uses of one token, all on their way before the first answer is read. */
  private final class Race {
    private final Form form;
    private final int uses;
    private final String token;
    private final String common;
    private final Set<String> successors = new LinkedHashSet<>();
    private int answers;
    private int granted;
    private @Nullable String live;

    Race(int number, String token) {
      this.form = Form.of(number);
      this.uses = 2 + number % (MOST_USES - 1);
      this.token = token;
      this.common = successor();
    }

    private String successor() {
      var handle = AgentToken.parse(AgentToken.Kind.REFRESH, token).orElseThrow().handle();
      return AgentToken.mint(AgentToken.Kind.REFRESH, handle).reveal();
    }

    void run() {
      for (int i = 0; i < uses; i++) {
        Caller user = users.get(i);
        @Nullable String own =
            switch (form) {
              case PLAIN -> null;
              case RIVAL_COMMITMENTS -> successor();
              case SAME_COMMITMENT -> common;
            };
        user.call(refresh(user, token, own), new Use(own));
      }
    }

    private void used(Caller.Answer answer, @Nullable String committed) {
      outcomes.status(form, answer.status());
      if (answer.status() == 200) {
        granted++;
        live = committed == null ? required(answer, "refresh_token") : committed;
        // Two answers are one outcome where successor and access token's identity are the same.
        successors.add(live + " " + jti(required(answer, "access_token")));
      } else if (answer.status() != 409 && answer.status() != 401) {
        outcomes.fault("a use → " + answer.status() + " " + answer.body());
      }
      if (++answers == uses) {
        outcomes.completed(List.copyOf(successors), form);
        look();
      }
    }

    /** After a refused use nobody may go on; where all were granted, the one successor may. */
    private void look() {
      if (live == null) {
        offer();
        return;
      }
      int expected = granted == uses ? 200 : 401;
      Caller user = users.getFirst();
      user.call(
          refresh(user, live, null),
          new Caller.Answered() {
            @Override
            public void answer(Caller.Answer answer) {
              if (answer.status() != expected) {
                outcomes.fault(
                    "the successor after "
                        + granted
                        + " of "
                        + uses
                        + " uses → "
                        + answer.status()
                        + " instead of "
                        + expected);
              }
              offer();
            }

            @Override
            public void failed(String why) {
              abandon("looking at the successor: " + why);
            }
          });
    }

    private final class Use implements Caller.Answered {
      private final @Nullable String committed;

      Use(@Nullable String committed) {
        this.committed = committed;
      }

      @Override
      public void answer(Caller.Answer answer) {
        used(answer, committed);
      }

      @Override
      public void failed(String why) {
        abandon("a use: " + why);
      }
    }
  }

  private static byte[] refresh(Caller user, String token, @Nullable String successor) {
    String commitment =
        successor == null
            ? ""
            : ",\"next_refresh_token_digest\":\""
                + AgentToken.parse(AgentToken.Kind.REFRESH, successor).orElseThrow().digest()
                + "\"";
    return Request.post(
        user.address(),
        "/v1/agent/refresh",
        null,
        "{\"refresh_token\":\"" + token + "\"" + commitment + "}");
  }

  private static String jti(String accessToken) {
    String payload = accessToken.split("\\.", -1)[1];
    String claims = new String(Base64.getUrlDecoder().decode(payload), StandardCharsets.US_ASCII);
    int from = claims.indexOf("\"jti\":\"") + 7;
    return claims.substring(from, claims.indexOf('"', from));
  }
}
