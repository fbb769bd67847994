package org.litestream4j;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.WalPosition;

/**
 * The local database is not what a replica holds, so that one of the two has to win,
 * which is for people to decide: see {@link OnDivergence}. Nothing was changed.
 */
public final class DivergenceException extends IOException {

	private static final long serialVersionUID = 1L;

	/** How the local database stands to the replica. */
	public enum Kind {

		/** The replica holds more: the local files are older. */
		BEHIND,
		/** Each holds what the other one lacks, or may do so. */
		DIFFERENT

	}

	/** How the local database stands to the replica. */
	private final Kind kind;

	/** The replica's name. */
	private final String replica;

	private final transient @Nullable WalPosition localPosition;

	private final transient WalPosition replicaPosition;

	/**
	 * Creates an exception.
	 * @param kind how the two stand to each other
	 * @param message one sentence: both positions, and who wrote the replica's, and when
	 * @param replica the replica's name
	 * @param localPosition where the local copy ends; null if there is none
	 * @param replicaPosition where the replica ends
	 */
	public DivergenceException(Kind kind, String message, String replica, @Nullable WalPosition localPosition,
			WalPosition replicaPosition) {
		super(message);
		this.kind = kind;
		this.replica = replica;
		this.localPosition = localPosition;
		this.replicaPosition = replicaPosition;
	}

	/**
	 * {@return how the local database stands to the replica}
	 */
	public Kind kind() {
		return this.kind;
	}

	/**
	 * {@return the replica's name}
	 */
	public String replica() {
		return this.replica;
	}

	/**
	 * {@return where the local copy ends; null if there is none}
	 */
	public @Nullable WalPosition localPosition() {
		return this.localPosition;
	}

	/**
	 * {@return where the replica ends}
	 */
	public WalPosition replicaPosition() {
		return this.replicaPosition;
	}

}
