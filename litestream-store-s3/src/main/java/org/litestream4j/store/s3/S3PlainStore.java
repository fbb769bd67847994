package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;

/**
 * A store that is read without the SDK, as long as all goes well: to load the SDK and to
 * make its client takes a second of processor time and 80 MB, which is more than most
 * restores take for themselves. Whoever only restores never needs it. The first request
 * that does not give what was wanted, or that is no listing or reading, makes the client,
 * which does everything from then on: with its retries, and its explanations.
 * Thread-safe.
 */
final class S3PlainStore implements ObjectStore {

	private static final Logger logger = LoggerFactory.getLogger(S3PlainStore.class);

	/**
	 * As many as the SDK's client would have, see {@link S3Clients}: a constant, which
	 * loads nothing.
	 */
	private static final int MANY_CONNECTIONS = S3Clients.CONNECTIONS;

	/** Pages of a listing that may have nothing in them; then the SDK may look. */
	private static final int MAX_PAGES = 20_000;

	private final S3Location location;

	/** For an answer, with two attempts. */
	private final Duration limit;

	private final S3Terms terms;

	private final String lane;

	private final S3PlainReads reads;

	private final Supplier<S3Store> creation;

	/** What does everything, once it is needed. */
	private @Nullable volatile S3Store full;

	/**
	 * Creates a store. Does no I/O.
	 * @param connection how it is read
	 * @param location where the objects are
	 * @param terms of who reads the errors
	 * @param creation makes what is used once reading is not enough; called once
	 */
	S3PlainStore(S3PlainConnection connection, S3Location location, S3Terms terms, Supplier<S3Store> creation) {
		this(connection, location, terms, creation, S3Calls.LIMIT);
	}

	/** Creates a store that is patient for so long. */
	S3PlainStore(S3PlainConnection connection, S3Location location, S3Terms terms, Supplier<S3Store> creation,
			Duration limit) {
		this.limit = limit;
		this.location = location;
		this.terms = terms;
		this.lane = S3Hosts.lane(connection.endpoint(), location);
		this.reads = new S3PlainReads(connection, location);
		this.creation = creation;
	}

	private S3Store full() {
		S3Store made = this.full;
		return (made != null) ? made : make();
	}

	private synchronized S3Store make() {
		S3Store made = this.full;
		if (made == null) {
			made = this.creation.get();
			this.full = made;
		}
		return made;
	}

	/** Whether the SDK is in use. */
	boolean isFull() {
		return this.full != null;
	}

	@Override
	public String type() {
		return "s3";
	}

	@Override
	public String url() {
		return this.location.url();
	}

	@Override
	public String lane() {
		return this.lane;
	}

	@Override
	public StoreCapabilities capabilities() {
		S3Store made = this.full;
		return (made != null) ? made.capabilities()
				: new StoreCapabilities(MANY_CONNECTIONS, StoreCapabilities.Metadata.KEPT,
						StoreCapabilities.Reads.STREAMED, StoreCapabilities.Conditions.UNTRIED);
	}

	@Override
	public Optional<Duration> clockOffset() {
		S3Store made = this.full;
		return (made != null) ? made.clockOffset() : Optional.empty();
	}

	@Override
	public ObjectStore afresh() {
		return full().afresh();
	}

	@Override
	public List<String> directories(String directory) throws IOException {
		if (!isFull()) {
			try {
				return List.copyOf(directoriesPlainly(directory));
			}
			catch (SilentException ex) {
				throw ex.reason();
			}
			catch (IOException | RuntimeException ex) {
				leave(directory, ex);
			}
		}
		return full().directories(directory);
	}

	private Set<String> directoriesPlainly(String directory) throws IOException {
		String prefix = this.reads.prefix(directory);
		Set<String> names = new LinkedHashSet<>();
		String token = null;
		for (int pages = 0; pages == 0 || token != null; pages++) {
			S3PlainPage page = page(directory, Depth.DIRECTORY, token, pages);
			for (String path : page.directories()) {
				if (!path.startsWith(prefix) || !path.endsWith("/")) {
					throw new IOException("another listing");
				}
				names.add(path.substring(prefix.length(), path.length() - 1));
			}
			token = page.next();
		}
		names.removeIf((name) -> !S3Names.isName(name));
		return names;
	}

	private S3PlainPage page(String directory, Depth depth, @Nullable String token, int before) throws IOException {
		if (before == MAX_PAGES) {
			throw new IOException("a listing without an end");
		}
		S3PlainPage page = inTime(S3Action.LIST, directory, (limit) -> this.reads.list(directory, depth, token, limit));
		if (page.next() != null && page.next().equals(token)) {
			throw new IOException("a listing that goes in a circle");
		}
		return page;
	}

	/**
	 * What was visited is not visited again: the SDK goes on with the page that failed.
	 */
	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		String prefix = this.reads.prefix(directory);
		String token = null;
		for (int pages = 0; pages == 0 || token != null; pages++) {
			S3PlainPage page = null;
			if (!isFull()) {
				try {
					page = page(directory, depth, token, pages);
				}
				catch (SilentException ex) {
					throw ex.reason();
				}
				catch (IOException | RuntimeException ex) {
					leave(directory, ex);
				}
			}
			if (page == null) {
				full().list(directory, depth, token, visitor);
				return;
			}
			for (S3PlainPage.Found found : page.objects()) {
				String key = found.key();
				if (key.startsWith(prefix) && S3Names.isName(key.substring(prefix.length()))
						&& !visitor.visit(this.reads.stored(found))) {
					return;
				}
			}
			token = page.next();
		}
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		if (from >= to) {
			return new OpenedObject(InputStream.nullInputStream(), object);
		}
		if (!isFull()) {
			try {
				return inTime(S3Action.READ, object.name(), (limit) -> this.reads.open(object, from, to, limit));
			}
			catch (SilentException ex) {
				throw ex.reason();
			}
			catch (IOException | RuntimeException ex) {
				leave(object.name(), ex);
			}
		}
		return full().open(object, from, to);
	}

	/**
	 * A store that does not answer would not answer the SDK either, and is given up when
	 * the SDK would give it up.
	 * @throws SilentException if there is no answer in time
	 */
	private <T> T inTime(S3Action action, String name, Attempt<T> attempt) throws IOException {
		long startedAt = System.nanoTime();
		// Leaves time for a second attempt
		Duration most = this.limit.multipliedBy(2).dividedBy(3);
		while (true) {
			Duration left = this.limit.minusNanos(System.nanoTime() - startedAt);
			try {
				return attempt.within((left.compareTo(most) < 0) ? left : most);
			}
			catch (SocketTimeoutException ex) {
				if (System.nanoTime() - startedAt >= this.limit.toNanos()) {
					throw new SilentException(new S3Errors(this.location, this.terms).silent(action, name, ex));
				}
			}
		}
	}

	private void leave(String name, Exception failure) {
		logger.debug("{} of {} is left to the SDK", name, url(), failure);
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		return full().put(object, content);
	}

	@Override
	public Optional<StoredObject> stat(String name) throws IOException {
		if (!isFull()) {
			try {
				Optional<Map<String, String>> said = head(name);
				return said.isPresent() ? Optional.of(S3PlainHead.stored(name, said.get())) : Optional.empty();
			}
			catch (SilentException ex) {
				throw ex.reason();
			}
			catch (IOException | RuntimeException ex) {
				leave(name, ex);
			}
		}
		return full().stat(name);
	}

	@Override
	public Map<String, String> metadata(String name) throws IOException {
		if (!isFull()) {
			try {
				return S3PlainHead.metadata(head(name).orElseThrow(() -> new IOException("it is gone")));
			}
			catch (SilentException ex) {
				throw ex.reason();
			}
			catch (IOException | RuntimeException ex) {
				leave(name, ex);
			}
		}
		return full().metadata(name);
	}

	private Optional<Map<String, String>> head(String name) throws IOException {
		return inTime(S3Action.READ, name, (limit) -> this.reads.head(name, limit));
	}

	@Override
	public void delete(Collection<String> names) throws IOException {
		full().delete(names);
	}

	@Override
	public void discardUnfinished(String directory, Predicate<String> own) {
		full().discardUnfinished(directory, own);
	}

	@Override
	public synchronized void close() {
		try {
			this.reads.close();
		}
		catch (IOException ex) {
			logger.debug("Closing connections to {} failed", url(), ex);
		}
		S3Store made = this.full;
		if (made != null) {
			made.close();
		}
	}

	@Override
	public String toString() {
		return url();
	}

	/** Tries once. */
	private interface Attempt<T> {

		T within(Duration limit) throws IOException;

	}

	/** There is nothing to ask the SDK for. */
	private static final class SilentException extends IOException {

		private static final long serialVersionUID = 1L;

		private final IOException reason;

		SilentException(IOException reason) {
			super(reason);
			this.reason = reason;
		}

		IOException reason() {
			return this.reason;
		}

	}

}
