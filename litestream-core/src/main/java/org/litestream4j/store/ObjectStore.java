package org.litestream4j.store;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A place that keeps objects: names and bytes, and nothing of what they mean, which a
 * format knows. Implement it, and a {@link StoreProvider}, for another kind of store; the
 * contract suite of {@code litestream-store-tck} says whether it will do.
 * <p>
 * Names are relative to the replica's place and separated by {@code /}; they neither
 * begin nor end with one, and no part of them is empty or begins with a {@code .}: a
 * store of files gives such names to what is not an object yet. A <em>directory</em> is
 * what stands before a {@code /}, whether the store has such a thing or not; the empty
 * string is the replica's place itself. Directories need not be made, and one without
 * objects does not exist.
 * <p>
 * Thread-safe: a large object is written while small ones are. Every method may block on
 * I/O, and throws {@link IOException} with one sentence that says what failed and what to
 * do. Secrets appear neither in messages nor in {@link #url()}. Creating a store does no
 * I/O.
 */
public interface ObjectStore extends AutoCloseable {

	/**
	 * {@return the kind of store in lower case, for example {@code file} or {@code s3}}
	 */
	String type();

	/**
	 * {@return where the replica is, as a user would write it, without secrets}
	 */
	String url();

	/**
	 * {@return what the store can do, as far as that is known without asking it}
	 */
	StoreCapabilities capabilities();

	/**
	 * What the store's requests wait for, without secrets. While one store of a lane
	 * hangs, so most likely do the others, and stores of other lanes must not wait for
	 * them. Two of an equal url in different lanes are in different places. May look at
	 * this machine, and costs no request. By default the url's scheme and authority, as
	 * {@code sftp://host}; a store whose url does not name its server says more.
	 * @return what is equal for stores that wait for the same
	 */
	default String lane() {
		return StoreLanes.ofUrl(url());
	}

	/**
	 * How far the store's clock is ahead of this machine's, as of the newest answer that
	 * told: how old an object is has to be decided on the clock that dates objects. Costs
	 * no request.
	 * @return the difference, negative if the store's clock is behind; empty until an
	 * answer told
	 */
	default Optional<Duration> clockOffset() {
		return Optional.empty();
	}

	/**
	 * The store as asked in a way that an earlier answer can hardly have made wrong:
	 * through another connection, for example. Used before an application starts with an
	 * empty database because no replica has a backup: one wrong answer must not decide
	 * that.
	 * @return a store that is not closed by itself, and belongs to this one; by default
	 * this one
	 */
	default ObjectStore afresh() {
		return this;
	}

	/**
	 * The names of the directories directly below a directory.
	 * @param directory where to look; none are found below one that does not exist
	 * @return the names, each a single part, in no order; one that holds no object may or
	 * may not be among them
	 * @throws IOException if the store cannot be read
	 */
	List<String> directories(String directory) throws IOException;

	/**
	 * Visits the objects in a directory one by one, in no order; there may be millions,
	 * so no implementation may hold them all. What was stored or deleted before the call
	 * is seen as such; what is stored or deleted meanwhile may be seen or not. Drafts and
	 * other things that are not objects are left out.
	 * @param directory where to look; nothing is visited in one that does not exist
	 * @param depth whether objects of directories below it are visited as well
	 * @param visitor is called on the calling thread, and may end the visit
	 * @throws IOException if the store cannot be read, or the visitor throws it
	 */
	void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException;

	/**
	 * Stores an object: all of it becomes visible at once and survives a crash of this
	 * machine when the method returns, or nothing is left behind. Without a precondition
	 * the same name again replaces the object, so that trying again is safe.
	 * @param object what to call it, and how to keep it
	 * @param content its bytes; asked once more if the store tries again
	 * @return the object as stored
	 * @throws PreconditionFailedException if the precondition does not hold; the store is
	 * unchanged. It is thrown too if an attempt of this very call has stored the object
	 * and its answer was lost: whether the object that is there is one's own is told by
	 * its {@link #metadata(String) metadata}, or by its bytes where there is none.
	 * Preconditions are decided among those who put with one: a deletion, or a put
	 * without one, is not held up by it
	 * @throws UnsupportedOperationException if the store is known not to support the
	 * precondition
	 */
	StoredObject put(NewObject object, ObjectContent content) throws IOException;

	/**
	 * Opens an object, or a part of it, as stored. The stream need not survive a broken
	 * connection: an {@link ObjectReader} opens the rest again, and decides when to give
	 * up. It may be closed by another thread than the one that reads, so that a read that
	 * nothing comes of ends. Closing it before its end costs little, whatever is left.
	 * @param object as listed or stored. If it carries a tag and the store can tell, an
	 * object that has been replaced since is not opened
	 * @param from the first byte, from 0; beyond the object's end there are none
	 * @param to the byte after the last one, or {@link StoredObject#END}; cut at the
	 * object's end
	 * @return what is read, with the tag and the size of the object that is there
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 * @throws ObjectReplacedException if it is another one than the tag says
	 * @throws ArchivedObjectException if it has to be brought back from an archive first
	 */
	OpenedObject open(StoredObject object, long from, long to) throws IOException;

	/**
	 * What the store itself says of one object now.
	 * @param name the object's name
	 * @return what the store says; empty if there is no such object
	 * @throws IOException if the store cannot be read
	 */
	Optional<StoredObject> stat(String name) throws IOException;

	/**
	 * The metadata of an object. May cost a request.
	 * @param name the object's name
	 * @return what was given as {@link NewObject#metadata() metadata}, with names in
	 * lower case, and what others have added; empty if the store
	 * {@linkplain StoreCapabilities#metadata() keeps none}
	 * @throws java.nio.file.NoSuchFileException if the object is gone
	 */
	Map<String, String> metadata(String name) throws IOException;

	/**
	 * Deletes objects in the order given. One that is gone already is no error.
	 * Directories that become empty go too, where a store has such things.
	 * @param names the objects' names
	 * @throws IOException if some could not be deleted; those before them are
	 */
	void delete(Collection<String> names) throws IOException;

	/**
	 * Discards what a put left behind when its process was killed: parts of an object
	 * that nobody sees, and that are paid for, where a store keeps such things. What a
	 * put may still be writing, here or elsewhere, is left alone, and so is what has a
	 * name that the caller does not use. Called after puts, however many there are: the
	 * store decides how often it looks. It is housekeeping, so that failing is no failure
	 * and is not thrown. By default nothing is left behind.
	 * @param directory below which the caller's objects are
	 * @param own whether a name is one that the caller gives to objects
	 */
	default void discardUnfinished(String directory, Predicate<String> own) {
		// nothing is left behind
	}

	/** Frees what the store holds. The application's own clients stay open. */
	@Override
	void close();

	/** How far down a listing goes. */
	enum Depth {

		/** Objects directly in the directory. */
		DIRECTORY,

		/** All objects whose names begin with the directory's. */
		TREE

	}

	/** Is shown objects one by one. */
	@FunctionalInterface
	interface ObjectVisitor {

		/**
		 * Called for each object.
		 * @param object as listed
		 * @return whether to go on
		 * @throws IOException to end the visit with a failure
		 */
		boolean visit(StoredObject object) throws IOException;

	}

}
