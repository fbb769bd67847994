package org.litestream4j.boot.replication;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.litestream4j.boot.OnFenced;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.ForwardingListener;
import org.litestream4j.observe.LitestreamListener;

/**
 * The replicas of a database that somebody else has taken over, and whether its
 * connections may write meanwhile. One is enough: whoever took it over has a history of
 * its own, which this database's commits will never be in. Hears the engine itself, as
 * the application's listeners come later. Thread-safe.
 */
final class FencedReplicas implements LitestreamListener {

	private final String database;

	private final OnFenced onFenced;

	private final Map<String, String> fenced = new ConcurrentSkipListMap<>();

	/**
	 * None yet.
	 * @param database whose they are
	 * @param onFenced what the application does then
	 */
	FencedReplicas(String database, OnFenced onFenced) {
		this.database = database;
		this.onFenced = onFenced;
	}

	/** A listener that has this one told before another. */
	LitestreamListener beside(LitestreamListener other) {
		FencedReplicas self = this;
		return new ForwardingListener() {

			@Override
			protected void forward(Frequency frequency, Consumer<LitestreamListener> event) {
				if (frequency == Frequency.RARE) {
					event.accept(self);
				}
				event.accept(other);
			}

		};
	}

	/** Why nothing may be written now, in one sentence; null if it may be. */
	@Nullable String refusal() {
		if (this.onFenced != OnFenced.READ_ONLY || this.fenced.isEmpty()) {
			return null;
		}
		return this.fenced.entrySet()
			.stream()
			.findFirst()
			.map((each) -> ("database '%s' is read-only (litestream.on-fenced) and this transaction cannot be committed, as"
					+ " somebody else has taken over its replica '%s': %s")
				.formatted(this.database, each.getKey(), each.getValue()))
			.orElse(null);
	}

	@Override
	public void replicaFenced(String name, String replica, @Nullable WalPosition position, String detail) {
		this.fenced.put(replica, detail);
	}

	@Override
	public void replicaTakenOver(String name, String replica, WalPosition position, long epoch) {
		this.fenced.remove(replica);
	}

	/** The next start finds out anew. */
	@Override
	public void replicationStopped(String name, WalPosition position) {
		this.fenced.clear();
	}

}
