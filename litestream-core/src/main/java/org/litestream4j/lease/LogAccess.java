package org.litestream4j.lease;

import java.io.IOException;
import java.util.Optional;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;

/**
 * A replica's log, as far as taking it over needs it. A format implements it.
 * Implementations are thread-safe: several replicas are taken over at once.
 */
public interface LogAccess {

	/**
	 * Lists the replica.
	 * @return what a listing shows that began after this was called
	 * @throws IOException if the store cannot be read
	 */
	Catalog catalog() throws IOException;

	/**
	 * Stores a fence, if there is no object at its position.
	 * @param at at offset 0 a WAL's header without frames, else an empty segment
	 * @param writer who stores it
	 * @return whether it is there: false if another object is. The same writer's fence of
	 * an earlier call, whose answer was lost, is it
	 * @throws IOException if whether it is there is not known: asking again is safe
	 */
	boolean putFence(WalPosition at, Writer writer) throws IOException;

	/**
	 * Where a generation's data ends, and who wrote that.
	 * @param generation which one
	 * @return empty if nothing of it is there, or its end cannot be read, as it is
	 * damaged
	 * @throws IOException if the store cannot be read
	 */
	Optional<ChainEnd> end(Generation generation) throws IOException;

}
