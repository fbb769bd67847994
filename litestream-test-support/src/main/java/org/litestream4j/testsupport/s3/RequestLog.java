package org.litestream4j.testsupport.s3;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Every request that reached the server, answered or not. Thread-safe. */
public final class RequestLog {

	private final List<S3Request> requests = new ArrayList<>();

	private final List<S3Request> succeeded = new ArrayList<>();

	synchronized void add(S3Request request) {
		this.requests.add(request);
	}

	synchronized void addSucceeded(S3Request request) {
		this.succeeded.add(request);
	}

	/**
	 * Those since the last {@link #clear()} that the server has carried out, whether or
	 * not the client heard of it.
	 */
	public synchronized List<S3Request> succeeded() {
		return List.copyOf(this.succeeded);
	}

	/** The requests since the last {@link #clear()}, in order of arrival. */
	public synchronized List<S3Request> requests() {
		return List.copyOf(this.requests);
	}

	/** How many there were of each operation; operations without any are left out. */
	public synchronized Map<S3Operation, Integer> counts() {
		Map<S3Operation, Integer> counts = new EnumMap<>(S3Operation.class);
		this.requests.forEach((request) -> counts.merge(request.operation(), 1, Integer::sum));
		return counts;
	}

	/** How many there were of one operation. */
	public int count(S3Operation operation) {
		return counts().getOrDefault(operation, 0);
	}

	/** Forgets what came so far. */
	public synchronized void clear() {
		this.requests.clear();
		this.succeeded.clear();
	}

}
