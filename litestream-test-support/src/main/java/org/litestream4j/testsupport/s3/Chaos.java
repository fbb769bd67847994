package org.litestream4j.testsupport.s3;

import java.time.Duration;
import java.util.Random;

/**
 * Decides by chance how the server misbehaves towards each request: what arrives late
 * overtakes nothing and is overtaken by everything, what takes effect late does so after
 * its sender has tried again, and answers are lost. With the same seed the same things
 * happen to requests that come in the same order. Thread-safe.
 */
public final class Chaos {

	private final long seed;

	private final int faultsPerThousand;

	private final Duration longest;

	private final Random random;

	/**
	 * Creates chaos.
	 * @param seed to be printed, so that it can be had again
	 * @param faultsPerThousand of a thousand requests, to how many something happens
	 * @param longest how long anything is late at most, from 1 ms
	 */
	public Chaos(long seed, int faultsPerThousand, Duration longest) {
		this.seed = seed;
		this.faultsPerThousand = faultsPerThousand;
		this.longest = longest;
		this.random = new Random(seed);
	}

	/** What happens to the next request. */
	synchronized Fault next(S3Request request) {
		boolean strikes = this.random.nextInt(1000) < this.faultsPerThousand;
		int kind = this.random.nextInt(6);
		Duration late = Duration.ofMillis(1 + this.random.nextInt(Math.toIntExact(this.longest.toMillis())));
		if (!strikes) {
			return new Fault.Delay(Duration.ZERO);
		}
		return switch (kind) {
			case 0 -> new Fault.Delay(late);
			case 1 -> new Fault.LateAnswer(late);
			case 2 -> new Fault.LoseAnswer();
			case 3 -> new Fault.LateEffect(late);
			case 4 -> conditional(request) ? Fault.CONFLICT : Fault.SLOW_DOWN;
			default -> Fault.INTERNAL_ERROR;
		};
	}

	private static boolean conditional(S3Request request) {
		return request.headers().containsKey("if-none-match") || request.headers().containsKey("if-match");
	}

	/** For the output of a test. */
	@Override
	public String toString() {
		return "chaos with seed %d: faults %d per mille, up to %d ms late".formatted(this.seed, this.faultsPerThousand,
				this.longest.toMillis());
	}

}
