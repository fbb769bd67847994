package org.litestream4j.lease;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * What a listing of a replica shows, as far as taking it over depends on that.
 *
 * @param logs the generations by age, the newest last
 * @param oneLog whether there is one log only, whatever local generations were written to
 * it one after the other: of these the lock file may name one that is not there yet, or
 * one that others have followed
 */
public record Catalog(List<Log> logs, boolean oneLog) {

	public Catalog {
		logs = List.copyOf(logs);
	}

	/** Of a replica whose generations lie side by side. */
	public Catalog(List<Log> logs) {
		this(logs, false);
	}

	/** Of a replica that is one log. */
	public static Catalog ofOneLog(Log log) {
		return new Catalog(List.of(log), true);
	}

	/**
	 * One generation.
	 *
	 * @param generation its name
	 * @param restorable whether it has a snapshot
	 * @param end where its unbroken WAL ends
	 * @param fenced whether an empty segment is at the end, so that nothing can be added
	 * to that index
	 */
	public record Log(Generation generation, boolean restorable, WalPosition end, boolean fenced) {
	}

	/**
	 * The generation that a restore takes, and whoever takes the replica over: the lock's
	 * if it has its snapshot, else the one before; without a lock the newest.
	 * @return null if nothing can be restored
	 */
	public @Nullable Log chosen(@Nullable ReplicaLock lock) {
		if (this.oneLog || lock == null || lock.current() == null) {
			return this.logs.stream().filter(Log::restorable).reduce((older, newer) -> newer).orElse(null);
		}
		Log current = restorable(lock.current());
		return (current != null) ? current : restorable(lock.previous());
	}

	private @Nullable Log restorable(@Nullable Generation generation) {
		return this.logs.stream()
			.filter((log) -> log.restorable() && log.generation().equals(generation))
			.findFirst()
			.orElse(null);
	}

}
