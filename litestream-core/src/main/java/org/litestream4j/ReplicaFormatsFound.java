package org.litestream4j;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.format.ltx.LtxReplica;
import org.litestream4j.format.ltx.LtxSource;
import org.litestream4j.format.spi.ReplicaFormat;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.history.HistorySource;
import org.litestream4j.inspect.ReplicaInspector;
import org.litestream4j.lease.Catalog;
import org.litestream4j.lease.ChainEnd;
import org.litestream4j.lease.LogAccess;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.LateLog;
import org.litestream4j.replication.ReplicaLog;
import org.litestream4j.restore.ReplicaCatalogue;
import org.litestream4j.restore.RestorePlan;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObservedStore;

/**
 * The format of a replica for which none is configured: that of what lies there, of two
 * the newer one, and that of v0.3 where there is nothing. A store that does not answer
 * has said nothing, so that never begins one format beside the other.
 * <p>
 * It is looked for whenever the replica is about to be taken over, as somebody else may
 * still write to it until then, and is settled as soon as something is to be shipped: an
 * engine never changes over to another format. Thread-safe.
 */
final class ReplicaFormatsFound implements ReplicaFormat {

	private static final Logger logger = LoggerFactory.getLogger(ReplicaFormatsFound.class);

	private final Replica replica;

	/** As of the last look. */
	private volatile @Nullable Found last;

	private final AtomicReference<@Nullable BackupFormat> settled = new AtomicReference<>();

	/**
	 * What a look has shown.
	 *
	 * @param format whose objects there are; null if there are none
	 * @param description what there is, for people; null if that is nothing new to them
	 * @param leftover what becomes of the older one of two; null if there is one format
	 */
	private record Found(@Nullable BackupFormat format, @Nullable String description, @Nullable String leftover) {

		BackupFormat orDefault() {
			return (this.format != null) ? this.format : BackupFormat.V3;
		}

	}

	ReplicaFormatsFound(Replica replica) {
		this.replica = replica;
	}

	private ReplicaFormat is(BackupFormat format) {
		return ReplicaFormats.of(this.replica, format);
	}

	/** Looks, with one request where there is nothing or only the format of v0.3. */
	private static Found look(ObjectStore store) throws IOException {
		LtxSource ltx = new LtxSource(store);
		List<String> names = store.directories("");
		if (!isReplica(names, ltx)) {
			// One wrong answer must not decide that
			names = store.afresh().directories("");
		}
		boolean segments = names.contains(ReplicaLayout.GENERATIONS);
		if (!ltx.mayHoldFiles(names)) {
			return new Found(segments ? BackupFormat.V3 : null, null, null);
		}
		if (!segments) {
			return ltx.holdsBackupAfterAll()
					? new Found(BackupFormat.LTX, "a backup in the LTX format of Litestream v0.5", null)
					: new Found(null, null, null);
		}
		ReplicaFormatsSource.Both both = new ReplicaFormatsSource(store).both();
		BackupFormat format = both.isLtx() ? BackupFormat.LTX : BackupFormat.V3;
		return both.isReallyBoth()
				? new Found(format, both.describe(), ReplicaFormatsLeftover.of(store, format).advice())
				: new Found(format, null, null);
	}

	private static boolean isReplica(List<String> names, LtxSource ltx) {
		return names.contains(ReplicaLayout.GENERATIONS) || ltx.mayHoldFiles(names);
	}

	/** Before the replica is taken over. */
	private BackupFormat found(ObjectStore store) throws IOException {
		Found found = look(store);
		BackupFormat before = this.settled.get();
		if (before == null) {
			this.last = found;
			return found.orDefault();
		}
		if (found.format() != null && found.format() != before) {
			throw new IOException(
					"%s is in another format now (%s) than this application writes (%s): start it again, or configure the replica's format"
						.formatted(store.url(), name(found.format()), name(before)));
		}
		return before;
	}

	private static String name(BackupFormat format) {
		return (format == BackupFormat.LTX) ? "ltx" : "v3";
	}

	/** When something is to be shipped: from then on it stays as it is. */
	private BackupFormat settle(ObjectStore store) throws IOException {
		BackupFormat before = this.settled.get();
		if (before != null) {
			return before;
		}
		Found found = this.last;
		if (found == null) {
			found = look(store); // nobody had to be kept out
		}
		BackupFormat format = found.orDefault();
		BackupFormat first = this.settled.compareAndExchange(null, format);
		if (first == null && found.description() != null) {
			logger.info(
					"Replica '{}' ({}) holds {}: it is gone on with as '{}', as no format is configured for it{}. With 'format: {}' it stays so whatever lies there",
					this.replica.name(), store.url(), found.description(), name(format),
					(found.leftover() != null) ? "; of the other one, " + found.leftover() : "", name(format));
		}
		return (first != null) ? first : format;
	}

	@Override
	public ObservedStore observe(ObjectStore store, String database, String name, LitestreamListener listener) {
		return ObservedStore.observe(store, database, name, LtxReplica.snapshots(store).or(ReplicaLayout::isSnapshot),
				listener);
	}

	@Override
	public ReplicaLog log(ObjectStore store, ShadowWal shadow, DatabaseFile database) {
		return new LateLog(() -> is(settle(store)).log(store, shadow, database));
	}

	@Override
	public LogAccess access(ObjectStore store) {
		return new Access(store);
	}

	@Override
	public RestoreSource source(ObjectStore store) {
		return new Source(store);
	}

	@Override
	public HistorySource history(ObjectStore store) {
		return new ReplicaFormatsHistory(store);
	}

	@Override
	public ReplicaInspector inspector(ObjectStore store) {
		return new ReplicaFormatsInspector(store);
	}

	/** The replica to be taken over. */
	private final class Access implements LogAccess {

		private final ObjectStore store;

		private final LogAccess v3;

		private final LogAccess ltx;

		private volatile LogAccess current;

		Access(ObjectStore store) {
			this.store = store;
			this.v3 = is(BackupFormat.V3).access(store);
			this.ltx = is(BackupFormat.LTX).access(store);
			this.current = this.v3;
		}

		@Override
		public Catalog catalog() throws IOException {
			LogAccess now = (found(this.store) == BackupFormat.LTX) ? this.ltx : this.v3;
			this.current = now;
			return now.catalog();
		}

		@Override
		public boolean putFence(WalPosition at, Writer writer) throws IOException {
			return this.current.putFence(at, writer);
		}

		@Override
		public Optional<ChainEnd> end(Generation generation) throws IOException {
			return this.current.end(generation);
		}

	}

	/** The replica to be restored as this engine ships to it. */
	private final class Source implements RestoreSource {

		private final ObjectStore store;

		private final RestoreSource v3;

		private final RestoreSource ltx;

		Source(ObjectStore store) {
			this.store = store;
			this.v3 = is(BackupFormat.V3).source(store);
			this.ltx = is(BackupFormat.LTX).source(store);
		}

		private RestoreSource current() throws IOException {
			return (settle(this.store) == BackupFormat.LTX) ? this.ltx : this.v3;
		}

		private RestoreSource of(RestorePlan plan) {
			return this.ltx.planned(plan) ? this.ltx : this.v3;
		}

		@Override
		public ReplicaCatalogue catalogue(RestoreTarget target) throws IOException {
			return current().catalogue(target);
		}

		@Override
		public boolean planned(RestorePlan plan) {
			return of(plan).planned(plan);
		}

		@Override
		public Instant newestCommit(RestorePlan plan) throws IOException {
			return of(plan).newestCommit(plan);
		}

		@Override
		public boolean holdsBackupAfterAll() throws IOException {
			return current().holdsBackupAfterAll();
		}

	}

}
