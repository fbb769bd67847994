package org.litestream4j;

import java.time.Instant;
import java.util.Objects;
import java.util.StringJoiner;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;

/**
 * Which state to restore. All parts are optional and narrow each other. Immutable.
 */
public final class RestoreTarget {

	private static final RestoreTarget LATEST = builder().build();

	@Nullable private final Generation generation;

	@Nullable private final Integer index;

	@Nullable private final Long offset;

	@Nullable private final Instant timestamp;

	@Nullable private final TransactionId txid;

	private RestoreTarget(Builder builder) {
		this.generation = builder.generation;
		this.index = builder.index;
		this.offset = builder.offset;
		this.timestamp = builder.timestamp;
		this.txid = builder.txid;
		if (this.index != null && this.generation == null) {
			throw new IllegalArgumentException("index is given without generation: an index counts within one"
					+ " generation; give the generation too");
		}
		if (this.index != null && this.index < 0) {
			throw new IllegalArgumentException("index is %d: 0 or more is expected".formatted(this.index));
		}
		if (this.index != null && this.timestamp != null) {
			throw new IllegalArgumentException("index and timestamp are both given: use one of them");
		}
		if (this.offset != null && (this.index == null || this.offset < 0)) {
			throw new IllegalArgumentException("offset needs generation and index, and is 0 or more");
		}
		if (this.txid != null && (this.generation != null || this.timestamp != null)) {
			throw new IllegalArgumentException("txid is given with %s: use one of them"
				.formatted((this.generation != null) ? "generation" : "timestamp"));
		}
	}

	/**
	 * {@return the newest state}
	 */
	public static RestoreTarget latest() {
		return LATEST;
	}

	/**
	 * {@return the state as of a time}
	 * @param timestamp the time
	 */
	public static RestoreTarget asOf(Instant timestamp) {
		return builder().timestamp(timestamp).build();
	}

	/**
	 * {@return the newest state of one generation}
	 * @param generation the generation
	 */
	public static RestoreTarget of(Generation generation) {
		return builder().generation(generation).build();
	}

	/**
	 * {@return the newest state of one WAL index}
	 * @param generation in which the index counts
	 * @param index up to and including this one, 0 or more
	 */
	public static RestoreTarget of(Generation generation, int index) {
		return builder().generation(generation).index(index).build();
	}

	/**
	 * {@return the state at one exact position, which has to be the end of a transaction}
	 * @param position the position; at offset 0, nothing of its index is applied
	 */
	public static RestoreTarget at(WalPosition position) {
		return builder().generation(position.generation()).index(position.index()).offset(position.offset()).build();
	}

	/**
	 * {@return the state after one transaction of an LTX replica}
	 * @param txid up to and including this one
	 */
	public static RestoreTarget of(TransactionId txid) {
		return builder().txid(txid).build();
	}

	/**
	 * {@return a builder that begins with the newest state}
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * {@return the same state, of one generation only}
	 * @param only the generation
	 */
	public RestoreTarget within(Generation only) {
		Builder builder = builder().generation(only);
		builder.index = this.index;
		builder.offset = this.offset;
		builder.timestamp = this.timestamp;
		return builder.build();
	}

	/**
	 * {@return the generation; null for the one with the newest state that fits}
	 */
	public @Nullable Generation generation() {
		return this.generation;
	}

	/**
	 * {@return up to and including this WAL index; null for the newest}
	 */
	public @Nullable Integer index() {
		return this.index;
	}

	/**
	 * {@return within the last index, up to this offset in bytes; null for its end}
	 */
	public @Nullable Long offset() {
		return this.offset;
	}

	/**
	 * {@return as of this time; null for the newest state}
	 */
	public @Nullable Instant timestamp() {
		return this.timestamp;
	}

	/**
	 * {@return up to and including this transaction of an LTX replica; null for the
	 * newest}
	 */
	public @Nullable TransactionId txid() {
		return this.txid;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof RestoreTarget that && Objects.equals(this.generation, that.generation)
				&& Objects.equals(this.index, that.index) && Objects.equals(this.offset, that.offset)
				&& Objects.equals(this.timestamp, that.timestamp) && Objects.equals(this.txid, that.txid);
	}

	@Override
	public int hashCode() {
		return Objects.hash(this.generation, this.index, this.offset, this.timestamp, this.txid);
	}

	@Override
	public String toString() {
		StringJoiner parts = new StringJoiner(", ").setEmptyValue("newest state");
		add(parts, "generation", this.generation);
		add(parts, "index", this.index);
		add(parts, "offset", this.offset);
		add(parts, "timestamp", this.timestamp);
		add(parts, "txid", this.txid);
		return parts.toString();
	}

	private static void add(StringJoiner parts, String name, @Nullable Object value) {
		if (value != null) {
			parts.add(name + " " + value);
		}
	}

	/**
	 * For what a user configures: each part may be given or be null. Not thread-safe.
	 */
	public static final class Builder {

		@Nullable private Generation generation;

		@Nullable private Integer index;

		@Nullable private Long offset;

		@Nullable private Instant timestamp;

		@Nullable private TransactionId txid;

		private Builder() {
		}

		/**
		 * Narrows to one generation.
		 * @param value the generation, or null for the one with the newest state that
		 * fits
		 * @return this builder
		 */
		public Builder generation(@Nullable Generation value) {
			this.generation = value;
			return this;
		}

		/**
		 * Stops after a WAL index. Needs a generation, and goes without a timestamp.
		 * @param value 0 or more, or null for the newest
		 * @return this builder
		 */
		public Builder index(@Nullable Integer value) {
			this.index = value;
			return this;
		}

		/**
		 * Stops within the last index. Needs an index.
		 * @param value bytes, 0 or more, or null for the end of the index
		 * @return this builder
		 */
		public Builder offset(@Nullable Long value) {
			this.offset = value;
			return this;
		}

		/**
		 * Goes back to a time.
		 * @param value the time, or null for the newest state
		 * @return this builder
		 */
		public Builder timestamp(@Nullable Instant value) {
			this.timestamp = value;
			return this;
		}

		/**
		 * Stops after a transaction of an LTX replica. Goes without all other parts.
		 * @param value the last transaction, or null for the newest
		 * @return this builder
		 */
		public Builder txid(@Nullable TransactionId value) {
			this.txid = value;
			return this;
		}

		/**
		 * Builds the target.
		 * @return the target
		 * @throws IllegalArgumentException with one sentence that says what does not go
		 * together
		 */
		public RestoreTarget build() {
			return new RestoreTarget(this);
		}

	}

}
