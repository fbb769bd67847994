package org.litestream4j.replica;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.S3Client;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ReplicaLayout;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;

/**
 * A replica in an S3 bucket, or in any store that speaks S3. Thread-safe.
 */
public final class S3ReplicaClient implements ReplicaClient {

	private final S3Client client;

	private final boolean closeClient;

	private final S3Location location;

	private final S3ReplicaOptions options;

	private final S3Errors errors;

	private final S3Requests requests;

	private final S3Listing listing;

	/** Each of its requests is the last one of its connection. */
	private final S3Listing listingAgain;

	private final S3Deletion deletion;

	private final S3LeftUploads leftUploads;

	private final S3Clock storeClock = new S3Clock();

	private final Clock clock;

	/**
	 * Creates a replica client. Does no I/O.
	 * @param client how to reach the store
	 * @param closeClient whether {@link #close()} closes it; false for the application's
	 * own
	 * @param location where the replica is
	 * @param options how objects are stored
	 */
	public S3ReplicaClient(S3Client client, boolean closeClient, S3Location location, S3ReplicaOptions options) {
		this(client, closeClient, location, options, S3Terms.STARTER);
	}

	/**
	 * Creates a replica client whose errors are not read by who configures the starter.
	 * Does no I/O.
	 * @param terms of who reads them
	 */
	public S3ReplicaClient(S3Client client, boolean closeClient, S3Location location, S3ReplicaOptions options,
			S3Terms terms) {
		this.client = client;
		this.closeClient = closeClient;
		this.location = location;
		this.options = options;
		this.errors = new S3Errors(location, terms);
		this.clock = Clock.systemUTC();
		S3Calls calls = new S3Calls(client, new S3Answers(this.storeClock, this.clock));
		this.requests = new S3Requests(location, options, calls);
		this.listing = new S3Listing(client, location, calls.quick(), this.errors);
		this.listingAgain = new S3Listing(client, location, calls.closingConnection(), this.errors);
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

	/**
	 * A client that was made for a replica has more connections than the SDK's default.
	 */
	@Override
	public int concurrentReads() {
		return (this.client instanceof S3QuickReads) ? S3Clients.CONNECTIONS : ReplicaClient.super.concurrentReads();
	}

	@Override
	public Optional<Duration> clockOffset() {
		return this.storeClock.offset();
	}

	@Override
	public List<Generation> generations() throws IOException {
		return generations(this.listing);
	}

	@Override
	public Optional<ForeignBackup> foreignBackup() throws IOException {
		List<ForeignBackup> found = new ArrayList<>();
		for (String folder : List.of("0000", "ltx")) {
			this.listing.allObjects(folder, (name, object) -> {
				if (ReplicaLayout.isLtx(name.substring(name.lastIndexOf('/') + 1))) {
					found.add(new ForeignBackup(ReplicaLayout.LTX, folder + "/" + name, object.lastModified()));
				}
			});
		}
		return found.stream().reduce(ForeignBackup::newer);
	}

	/**
	 * Twice, as a connection is used once more before it is closed, and none is used that
	 * was open before.
	 */
	@Override
	public List<Generation> generationsAgain() throws IOException {
		List<Generation> generations = generations(this.listingAgain);
		return generations.isEmpty() ? generations(this.listingAgain) : generations;
	}

	private static List<Generation> generations(S3Listing listing) throws IOException {
		List<Generation> generations = new ArrayList<>();
		for (String name : listing.folders(ReplicaLayout.GENERATIONS)) {
			if (Generation.isValid(name) && holdsObjects(listing, new Generation(name))) {
				generations.add(new Generation(name));
			}
		}
		return generations;
	}

	private static boolean holdsObjects(S3Listing listing, Generation generation) throws IOException {
		String folder = ReplicaLayout.GENERATIONS + "/" + generation;
		return listing.anyObject(folder, (name) -> isOwn(generation, name));
	}

	private static boolean isOwn(Generation generation, String name) {
		String fileName = name.substring(name.lastIndexOf('/') + 1);
		return ReplicaLayout.parseSnapshot(generation, fileName, 0, Instant.EPOCH)
			.map(Snapshot::objectName)
			.or(() -> ReplicaLayout.parseSegment(generation, fileName, 0, Instant.EPOCH).map(WalSegment::objectName))
			.filter("%s/%s/%s".formatted(ReplicaLayout.GENERATIONS, generation, name)::equals)
			.isPresent();
	}

	@Override
	public List<Snapshot> snapshots(Generation generation) throws IOException {
		List<Snapshot> snapshots = new ArrayList<>();
		this.listing.objects(ReplicaLayout.snapshotsFolder(generation),
				(fileName, object) -> ReplicaLayout
					.parseSnapshot(generation, fileName, object.size(), object.lastModified())
					.ifPresent(snapshots::add));
		snapshots.sort(Comparator.comparingInt(Snapshot::index));
		return snapshots;
	}

	@Override
	public List<WalSegment> walSegments(Generation generation) throws IOException {
		List<WalSegment> segments = new ArrayList<>();
		visitWalSegments(generation, segments::add);
		segments.sort(Comparator.comparingInt(WalSegment::index).thenComparingLong(WalSegment::offset));
		return segments;
	}

	@Override
	public void visitWalSegments(Generation generation, Consumer<? super WalSegment> visitor) throws IOException {
		this.listing.objects(ReplicaLayout.walFolder(generation),
				(fileName, object) -> ReplicaLayout
					.parseSegment(generation, fileName, object.size(), object.lastModified())
					.ifPresent(visitor));
	}

	@Override
	public Snapshot writeSnapshot(Generation generation, int index, Instant committedAt, ObjectContent content)
			throws IOException {
		String name = ReplicaLayout.snapshotName(generation, index);
		S3ObjectWriter.Stored stored = store(name, committedAt, this.options.snapshotStorageClass(), content);
		return new Snapshot(generation, index, stored.size(), date(stored.http()));
	}

	@Override
	public WalSegment writeWalSegment(WalPosition start, Instant committedAt, ObjectContent content)
			throws IOException {
		S3ObjectWriter.Stored stored = store(ReplicaLayout.newSegmentName(start), committedAt, null, content);
		return new WalSegment(start.generation(), start.index(), start.offset(), stored.size(), date(stored.http()));
	}

	private S3ObjectWriter.Stored store(String name, Instant committedAt, @Nullable String storageClass,
			ObjectContent content) throws IOException {
		S3ObjectWriter writer = new S3ObjectWriter(this.client, this.requests, this.leftUploads, this.errors,
				this.options.partSize(), new S3ObjectWriter.Target(name, committedAt, storageClass));
		S3ObjectWriter.Stored stored;
		try {
			content.writeTo(writer);
			stored = writer.finish(); // commit point
		}
		catch (IOException | RuntimeException | Error ex) {
			writer.abort(ex);
			throw ex;
		}
		this.leftUploads.abort();
		return stored;
	}

	/** The store's own time, as a listing will show it, give or take a second. */
	private Instant date(SdkHttpResponse http) {
		return S3Clock.date(http).orElseGet(this.clock::instant);
	}

	@Override
	public InputStream openSnapshot(Snapshot snapshot) throws IOException {
		S3ObjectSource source = source(snapshot.objectName(), snapshot.size());
		return (snapshot.size() > 2L * S3ParallelInputStream.RANGE) ? new S3ParallelInputStream(source)
				: new S3ResumingInputStream(source, 0, S3ObjectSource.END, null);
	}

	@Override
	public InputStream openWalSegment(WalSegment segment) throws IOException {
		return new S3ResumingInputStream(source(segment.objectName(), segment.size()), 0, S3ObjectSource.END, null);
	}

	private S3ObjectSource source(String name, long listed) {
		return new S3ObjectSource(this.client, this.requests, this.errors, name, listed);
	}

	@Override
	public Instant committedAt(Snapshot snapshot) throws IOException {
		return committedAt(snapshot.objectName(), snapshot.createdAt());
	}

	@Override
	public Instant committedAt(WalSegment segment) throws IOException {
		return committedAt(segment.objectName(), segment.createdAt());
	}

	private Instant committedAt(String name, Instant createdAt) throws IOException {
		String kept = this.errors.call(S3Action.READ, name, () -> this.client.headObject(this.requests.head(name)))
			.metadata()
			.get(S3Requests.COMMITTED_AT);
		try {
			return (kept != null) ? Instant.parse(kept) : createdAt;
		}
		catch (DateTimeException ex) {
			return createdAt;
		}
	}

	@Override
	public void deleteSnapshots(Collection<Snapshot> snapshots) throws IOException {
		this.deletion.delete(snapshots.stream().map(Snapshot::objectName).toList());
	}

	@Override
	public void deleteWalSegments(Collection<WalSegment> segments) throws IOException {
		this.deletion.delete(segments.stream().map(WalSegment::objectName).toList());
	}

	@Override
	public void close() {
		if (this.closeClient) {
			this.client.close();
		}
	}

}
