package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoreCapabilities.Conditions;
import org.litestream4j.store.StoredObject;

/**
 * Keeps objects in an S3 bucket, or in any store that speaks S3. Thread-safe.
 */
public final class S3Store implements ObjectStore {

	/** Of a client that was not made for replicas. */
	private static final int FEW_CONNECTIONS = 50;

	/** A store that cannot decide a precondition says so; soon it can. */
	private static final int CONFLICTS = 5;

	private static final Duration CONFLICT_PAUSE = Duration.ofMillis(100);

	private final S3Client client;

	private final boolean closeClient;

	private final S3Location location;

	private final S3ReplicaOptions options;

	private final S3Errors errors;

	private final S3Requests requests;

	private final S3Listing listing;

	/** Each of its requests is the last one of its connection. */
	private final S3Listing listingAfresh;

	private final S3Deletion deletion;

	private final S3LeftUploads leftUploads;

	private final S3Clock storeClock = new S3Clock();

	private final Clock clock;

	private volatile Conditions conditions = Conditions.UNTRIED;

	/**
	 * Creates a store. Does no I/O.
	 * @param client how to reach the store
	 * @param closeClient whether {@link #close()} closes it; false for the application's
	 * own
	 * @param location where the objects are
	 * @param options how they are stored
	 */
	public S3Store(S3Client client, boolean closeClient, S3Location location, S3ReplicaOptions options) {
		this(client, closeClient, location, options, S3Terms.STARTER);
	}

	/**
	 * Creates a store whose errors are not read by who configures the starter. Does no
	 * I/O.
	 * @param client how to reach the store
	 * @param closeClient whether {@link #close()} closes it; false for the application's
	 * own
	 * @param location where the objects are
	 * @param options how they are stored
	 * @param terms of who reads them
	 */
	public S3Store(S3Client client, boolean closeClient, S3Location location, S3ReplicaOptions options, S3Terms terms) {
		this.client = client;
		this.closeClient = closeClient;
		this.location = location;
		this.options = options;
		this.errors = new S3Errors(location, terms);
		this.clock = Clock.systemUTC();
		S3Calls calls = new S3Calls(client, new S3Answers(this.storeClock, this.clock));
		this.requests = new S3Requests(location, options, calls);
		this.listing = new S3Listing(client, location, calls.quick(), this.errors);
		this.listingAfresh = new S3Listing(client, location, calls.closingConnection(), this.errors);
		this.leftUploads = new S3LeftUploads(client, location, this.requests, this.clock);
		this.deletion = new S3Deletion(client, location, this.requests, this.errors);
	}

	@Override
	public String type() {
		return "s3";
	}

	@Override
	public String url() {
		return this.location.url();
	}

	/** The bucket, and the endpoint: buckets of two endpoints may have one name. */
	@Override
	public String lane() {
		return endpoint().map((endpoint) -> S3Hosts.lane(endpoint, this.location))
			.orElse("s3://" + this.location.bucket());
	}

	/** Empty for AWS, and for a client that does not say. */
	private Optional<URI> endpoint() {
		try {
			return this.client.serviceClientConfiguration().endpointOverride();
		}
		catch (UnsupportedOperationException ex) {
			return Optional.empty();
		}
	}

	/**
	 * A client that was made for replicas has more connections than the SDK's default.
	 * Whether the store decides preconditions is known once it has decided one: there are
	 * some that accept them, and store the object whatever is there.
	 */
	@Override
	public StoreCapabilities capabilities() {
		return new StoreCapabilities(
				(this.client instanceof S3QuickReads || this.client instanceof S3SharedClients.Shared)
						? S3Clients.CONNECTIONS : FEW_CONNECTIONS,
				StoreCapabilities.Metadata.KEPT, StoreCapabilities.Reads.STREAMED, this.conditions);
	}

	@Override
	public Optional<Duration> clockOffset() {
		return this.storeClock.offset();
	}

	/** Asked through connections that nobody has used before. */
	@Override
	public ObjectStore afresh() {
		return new Afresh();
	}

	@Override
	public List<String> directories(String directory) throws IOException {
		return List.copyOf(this.listing.directories(directory));
	}

	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		this.listing.objects(directory, depth, visitor);
	}

	/** Goes on with a listing that somebody else has begun. */
	void list(String directory, Depth depth, @Nullable String from, ObjectVisitor visitor) throws IOException {
		this.listing.objects(directory, depth, from, visitor);
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		if (!(object.precondition() instanceof Precondition.None) && this.conditions == Conditions.NONE) {
			throw noConditions(null);
		}
		for (int attempt = 1;; attempt++) {
			try {
				return putOnce(object, content);
			}
			catch (S3ObjectWriter.ConflictException ex) {
				if (attempt >= CONFLICTS) {
					throw ex;
				}
				pause(object);
			}
			catch (S3ObjectWriter.NoConditionsException ex) {
				this.conditions = Conditions.NONE;
				throw noConditions(ex);
			}
			catch (PreconditionFailedException ex) {
				this.conditions = Conditions.ATOMIC;
				throw ex;
			}
		}
	}

	private UnsupportedOperationException noConditions(@Nullable Throwable cause) {
		return new UnsupportedOperationException(
				"the store of replica %s knows no preconditions (If-None-Match, If-Match)".formatted(url()), cause);
	}

	private void pause(NewObject object) throws InterruptedIOException {
		try {
			Thread.sleep(CONFLICT_PAUSE.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("write %s of replica %s was interrupted".formatted(object.name(), url()));
		}
	}

	private StoredObject putOnce(NewObject object, ObjectContent content) throws IOException {
		S3ObjectWriter writer = new S3ObjectWriter(this.client, this.requests, this.leftUploads, this.errors,
				this.options.partSize(), object);
		S3ObjectWriter.Stored stored;
		try {
			content.writeTo(writer);
			stored = writer.finish(); // commit point
		}
		catch (IOException | RuntimeException | Error ex) {
			writer.abort(ex);
			throw ex;
		}
		// The store's own time, as a listing will show it, give or take a second
		Instant storedAt = S3Clock.date(stored.http()).orElseGet(this.clock::instant);
		return new StoredObject(object.name(), stored.size(), storedAt, stored.eTag());
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		if (from >= to) {
			return new OpenedObject(InputStream.nullInputStream(), object);
		}
		S3ObjectSource source = new S3ObjectSource(this.client, this.requests, this.errors, object.name(),
				object.size());
		S3ObjectStream in = S3ObjectStream.open(source, from, to, object.tag());
		return (in == null) ? new OpenedObject(InputStream.nullInputStream(), object) : new OpenedObject(in,
				new StoredObject(object.name(), in.objectLength(), object.storedAt(), in.eTag()));
	}

	@Override
	public Optional<StoredObject> stat(String name) throws IOException {
		HeadObjectResponse head;
		try {
			head = head(name);
		}
		catch (NoSuchFileException ex) {
			return Optional.empty();
		}
		Instant storedAt = (head.lastModified() != null) ? head.lastModified()
				: S3Clock.date(head.sdkHttpResponse()).orElseGet(this.clock::instant);
		return Optional.of(new StoredObject(name, (head.contentLength() != null) ? head.contentLength() : -1, storedAt,
				head.eTag()));
	}

	@Override
	public Map<String, String> metadata(String name) throws IOException {
		Map<String, String> metadata = new HashMap<>();
		head(name).metadata().forEach((key, value) -> metadata.put(key.toLowerCase(Locale.ROOT), value));
		return metadata;
	}

	private HeadObjectResponse head(String name) throws IOException {
		return this.errors.call(S3Action.READ, name, () -> this.client.headObject(this.requests.head(name)));
	}

	@Override
	public void delete(Collection<String> names) throws IOException {
		this.deletion.delete(List.copyOf(names));
	}

	@Override
	public void discardUnfinished(String directory, Predicate<String> own) {
		this.leftUploads.abort(directory, own);
	}

	@Override
	public void close() {
		if (this.closeClient) {
			this.client.close();
		}
	}

	@Override
	public String toString() {
		return url();
	}

	/**
	 * Asks again where there is nothing, as a connection is used once more before it is
	 * closed, and none is used that was open before. Thread-safe.
	 */
	private final class Afresh implements ObjectStore {

		@Override
		public String type() {
			return S3Store.this.type();
		}

		@Override
		public String url() {
			return S3Store.this.url();
		}

		@Override
		public String lane() {
			return S3Store.this.lane();
		}

		@Override
		public StoreCapabilities capabilities() {
			return S3Store.this.capabilities();
		}

		@Override
		public Optional<Duration> clockOffset() {
			return S3Store.this.clockOffset();
		}

		@Override
		public List<String> directories(String directory) throws IOException {
			Collection<String> found = S3Store.this.listingAfresh.directories(directory);
			return List.copyOf(found.isEmpty() ? S3Store.this.listingAfresh.directories(directory) : found);
		}

		@Override
		public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
			boolean[] any = new boolean[1];
			ObjectVisitor noting = (object) -> {
				any[0] = true;
				return visitor.visit(object);
			};
			S3Store.this.listingAfresh.objects(directory, depth, noting);
			if (!any[0]) {
				S3Store.this.listingAfresh.objects(directory, depth, visitor);
			}
		}

		@Override
		public StoredObject put(NewObject object, ObjectContent content) throws IOException {
			return S3Store.this.put(object, content);
		}

		@Override
		public OpenedObject open(StoredObject object, long from, long to) throws IOException {
			return S3Store.this.open(object, from, to);
		}

		@Override
		public Optional<StoredObject> stat(String name) throws IOException {
			return S3Store.this.stat(name);
		}

		@Override
		public Map<String, String> metadata(String name) throws IOException {
			return S3Store.this.metadata(name);
		}

		@Override
		public void delete(Collection<String> names) throws IOException {
			S3Store.this.delete(names);
		}

		@Override
		public void discardUnfinished(String directory, Predicate<String> own) {
			S3Store.this.discardUnfinished(directory, own);
		}

		@Override
		public void close() {
			// belongs to the store that it is made by
		}

	}

}
