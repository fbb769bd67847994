package org.litestream4j.testsupport.s3;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * Which requests the server misbehaves to, and how. Empty at first. Rules are tried in
 * the order given, and the first that fits is used. Thread-safe.
 */
public final class Faults {

	private final List<Rule> rules = new ArrayList<>();

	private Duration latency = Duration.ZERO;

	private @Nullable Chaos chaos;

	/** Meets every request that fits with a fault, until {@link #clear()}. */
	public void always(Predicate<S3Request> requests, Fault fault) {
		next(Integer.MAX_VALUE, requests, fault);
	}

	/** Meets the next so many requests that fit with a fault. */
	public synchronized void next(int times, Predicate<S3Request> requests, Fault fault) {
		this.rules.add(new Rule(requests, fault, times));
	}

	/** Denies operations, until {@link #clear()}. */
	public void deny(S3Operation... operations) {
		always(of(operations), Fault.ACCESS_DENIED);
	}

	/**
	 * Has chance decide, from now on until {@link #clear()}, about each request that no
	 * rule fits.
	 */
	public synchronized void chaos(Chaos chaos) {
		this.chaos = chaos;
	}

	/** Adds a delay before every request, whatever else happens to it. */
	public synchronized void latency(Duration latency) {
		this.latency = latency;
	}

	/** Behaves again. */
	public synchronized void clear() {
		this.rules.clear();
		this.latency = Duration.ZERO;
		this.chaos = null;
	}

	/** Requests for one of some operations. */
	public static Predicate<S3Request> of(S3Operation... operations) {
		Set<S3Operation> set = Set.of(operations);
		return (request) -> set.contains(request.operation());
	}

	synchronized Duration latency() {
		return this.latency;
	}

	/**
	 * What to do to a request; a delay of zero for nothing. Uses up one time of a rule.
	 */
	synchronized Fault take(S3Request request) {
		for (Rule rule : this.rules) {
			if (rule.remaining > 0 && rule.requests.test(request)) {
				rule.remaining--;
				return rule.fault;
			}
		}
		return (this.chaos != null) ? this.chaos.next(request) : new Fault.Delay(Duration.ZERO);
	}

	private static final class Rule {

		private final Predicate<S3Request> requests;

		private final Fault fault;

		private int remaining;

		Rule(Predicate<S3Request> requests, Fault fault, int remaining) {
			this.requests = requests;
			this.fault = fault;
			this.remaining = remaining;
		}

	}

}
