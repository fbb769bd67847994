package org.litestream4j;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Durations;
import org.litestream4j.store.ObjectStore;

/**
 * A place to replicate to, and how.
 *
 * @param name unique per database
 * @param store keeps the objects; closed with what it is given to
 * @param options how often things happen
 */
public record Replica(String name, ObjectStore store, Options options) {

	/**
	 * Creates a replica.
	 * @param name unique per database
	 * @param store keeps the objects; closed with what it is given to
	 * @param options how often things happen
	 */
	public Replica {
		if (name.isBlank()) {
			throw new IllegalArgumentException("a replica's name is blank: give it one");
		}
	}

	/**
	 * How often things happen. Immutable. Made by a {@link #builder() builder}, which
	 * begins with the defaults; to change one thing use {@link #toBuilder()}.
	 *
	 * @param syncInterval least time between two segments; more than zero
	 * @param snapshotInterval between two snapshots; more than zero
	 * @param retention how far back every state stays restorable; zero to keep everything
	 * and delete nothing
	 * @param retentionCheckInterval how often old objects are looked for; more than zero
	 * @param validationInterval how often the backup is compared with the database, or
	 * null for never
	 * @param fencing whether the replica is protected from being written by two at once
	 * @param format in which format it is written; null for that of what is there, of two
	 * the newer one, and v3 where nothing is
	 * @param ltx how it is kept small, if it is LTX
	 */
	public record Options(Duration syncInterval, Duration snapshotInterval, Duration retention,
			Duration retentionCheckInterval, @Nullable Duration validationInterval, Fencing fencing,
			@Nullable BackupFormat format, LtxOptions ltx) {

		/** 1 s, 24 h, 24 h, 1 h, never, where the store can do it, what is there. */
		public static final Options DEFAULTS = new Builder().build();

		/**
		 * Creates options.
		 * @param syncInterval least time between two segments; more than zero
		 * @param snapshotInterval between two snapshots; more than zero
		 * @param retention how far back every state stays restorable; zero to keep
		 * everything and delete nothing
		 * @param retentionCheckInterval how often old objects are looked for; more than
		 * zero
		 * @param validationInterval how often the backup is compared with the database,
		 * or null for never
		 * @param fencing whether the replica is protected from being written by two at
		 * once
		 * @param format in which format it is written; null for that of what is there, of
		 * two the newer one, and v3 where nothing is
		 * @param ltx how it is kept small, if it is LTX
		 * @throws IllegalArgumentException with one sentence on the value that makes no
		 * sense
		 */
		public Options {
			requirePositive("sync-interval", syncInterval);
			requirePositive("snapshot-interval", snapshotInterval);
			if (retention.isNegative()) {
				throw new IllegalArgumentException(
						"retention is %s: zero, which keeps everything, or more than zero is expected"
							.formatted(Durations.describe(retention)));
			}
			requirePositive("retention-check-interval", retentionCheckInterval);
			if (validationInterval != null) {
				requirePositive("validation-interval", validationInterval);
			}
		}

		/**
		 * {@return a builder that begins with the defaults}
		 */
		public static Builder builder() {
			return new Builder();
		}

		/**
		 * {@return a builder that begins with these options}
		 */
		public Builder toBuilder() {
			return new Builder().syncInterval(this.syncInterval)
				.snapshotInterval(this.snapshotInterval)
				.retention(this.retention)
				.retentionCheckInterval(this.retentionCheckInterval)
				.validationInterval(this.validationInterval)
				.fencing(this.fencing)
				.format(this.format)
				.ltx(this.ltx);
		}

		private static void requirePositive(String name, Duration value) {
			if (value.isZero() || value.isNegative()) {
				throw new IllegalArgumentException(
						"%s is %s: more than zero is expected".formatted(name, Durations.describe(value)));
			}
		}

		/** Builds options, from the defaults on. Not thread-safe. */
		public static final class Builder {

			private Duration syncInterval = Duration.ofSeconds(1);

			private Duration snapshotInterval = Duration.ofHours(24);

			private Duration retention = Duration.ofHours(24);

			private Duration retentionCheckInterval = Duration.ofHours(1);

			@Nullable private Duration validationInterval;

			private Fencing fencing = Fencing.AUTO;

			@Nullable private BackupFormat format;

			private LtxOptions ltx = LtxOptions.DEFAULTS;

			private Builder() {
			}

			/**
			 * Sets {@code syncInterval}. By default 1 s.
			 * @param value least time between two segments; more than zero
			 * @return this builder
			 */
			public Builder syncInterval(Duration value) {
				this.syncInterval = value;
				return this;
			}

			/**
			 * Sets {@code snapshotInterval}. By default 24 h.
			 * @param value time between two snapshots; more than zero
			 * @return this builder
			 */
			public Builder snapshotInterval(Duration value) {
				this.snapshotInterval = value;
				return this;
			}

			/**
			 * Sets {@code retention}. By default 24 h.
			 * @param value how far back every state stays restorable; zero to keep
			 * everything and delete nothing
			 * @return this builder
			 */
			public Builder retention(Duration value) {
				this.retention = value;
				return this;
			}

			/**
			 * Sets {@code retentionCheckInterval}. By default 1 h.
			 * @param value how often old objects are looked for; more than zero
			 * @return this builder
			 */
			public Builder retentionCheckInterval(Duration value) {
				this.retentionCheckInterval = value;
				return this;
			}

			/**
			 * Sets {@code validationInterval}. By default never.
			 * @param value how often the backup is compared with the database; null for
			 * never
			 * @return this builder
			 */
			public Builder validationInterval(@Nullable Duration value) {
				this.validationInterval = value;
				return this;
			}

			/**
			 * Sets {@code fencing}. By default {@link Fencing#AUTO}.
			 * @param value whether the replica is protected from being written by two at
			 * once
			 * @return this builder
			 */
			public Builder fencing(Fencing value) {
				this.fencing = value;
				return this;
			}

			/**
			 * Sets {@code format}. By default that of what is there, and v3 where nothing
			 * is.
			 * @param value in which format the replica is written; null for the default
			 * @return this builder
			 */
			public Builder format(@Nullable BackupFormat value) {
				this.format = value;
				return this;
			}

			/**
			 * Sets {@code ltx}. By default {@link LtxOptions#DEFAULTS}.
			 * @param value how a replica in the LTX format is kept small
			 * @return this builder
			 */
			public Builder ltx(LtxOptions value) {
				this.ltx = value;
				return this;
			}

			/**
			 * Builds the options.
			 * @return the options
			 * @throws IllegalArgumentException with one sentence on the value that makes
			 * no sense
			 */
			public Options build() {
				return new Options(this.syncInterval, this.snapshotInterval, this.retention,
						this.retentionCheckInterval, this.validationInterval, this.fencing, this.format, this.ltx);
			}

		}

	}

}
