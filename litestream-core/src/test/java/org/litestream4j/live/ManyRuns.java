package org.litestream4j.live;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.testing.DelegatingDisk;
import org.litestream4j.testing.TestDatabase;

/**
 * One short run over a database that has two replicas, in a process that ends by itself,
 * mostly in the middle of something: while it settles how it goes on, while it copies,
 * checkpoints or ships. Begins as the engine does: notes the run, moves on what the
 * replicas lack, and then opens the database.
 * <p>
 * In its directory: {@code app.db}, {@code meta}, the replicas {@code a} and {@code b},
 * and {@code states}, in which each state that was ever committed is noted.
 */
final class ManyRuns {

	private final Path home;

	private final Random random;

	private final String run;

	private final Disk disk;

	private final boolean last;

	private final boolean careless;

	private final Following following;

	private ManyRuns(Path home, long seed, boolean last, boolean careless) {
		this.careless = careless;
		this.home = home;
		this.random = new Random(seed);
		this.run = "%016x".formatted(seed);
		this.last = last;
		this.disk = new Disk(last ? Integer.MAX_VALUE : this.random.nextInt(4) == 0 ? this.random.nextInt(12)
				: this.random.nextInt(3) == 0 ? this.random.nextInt(400) : Integer.MAX_VALUE);
		Following plain = Following.in(home).disk(this.disk);
		this.following = (this.random.nextBoolean() ? plain : plain.checkpointingAlways()).clock(new Ticking());
	}

	/** Halts the process before some change of the file system. */
	private static final class Disk extends DelegatingDisk {

		private int left;

		Disk(int operations) {
			this.left = operations;
		}

		@Override
		protected void beforeWrite() {
			count();
		}

		@Override
		protected void beforeForce() {
			count();
		}

		@Override
		protected void beforeDelete(Path path) {
			count();
		}

		@Override
		public void move(Path source, Path target) throws IOException {
			count();
			super.move(source, target);
			count();
		}

		private void count() {
			if (this.left-- == 0) {
				halt("between changes");
			}
		}

	}

	/** So that commits are far apart, and pieces can be cut between them. */
	private static final class Ticking extends Clock {

		private Instant now = Instant.now();

		@Override
		public ZoneId getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(ZoneId zone) {
			return this;
		}

		@Override
		public Instant instant() {
			this.now = this.now.plusSeconds(5);
			return this.now;
		}

	}

	/** A replica, as this run knows it. */
	private final class Shipping {

		private final String name;

		private final RawReplica replica;

		private final boolean reachable;

		@Nullable private WalPosition at;

		private long reach;

		Shipping(String name, boolean reachable) {
			this.name = name;
			this.replica = new RawReplica(ManyRuns.this.home.resolve(name));
			this.reachable = reachable;
		}

		/**
		 * From which index on what it lacks is to be moved; nothing if it begins anew.
		 */
		Optional<Integer> lacksFrom(LocalLog log) throws IOException {
			RawReplica.End end = this.reachable ? this.replica.end() : null;
			if (end == null) {
				return Optional.empty();
			}
			Continuation found = log.continuationOf(end.position(), end.run());
			return (found instanceof Continuation.Behind behind) ? Optional.of(behind.position().index())
					: found.found().map((at) -> at.position().index());
		}

		void ship(WalShadower shadower) throws IOException {
			if (!this.reachable) {
				return;
			}
			ShadowWal shadow = shadower.shadowWal();
			WalPosition wanted = shadow.requirePosition();
			WalPosition from = this.at;
			if (from == null || !from.generation().equals(wanted.generation())) {
				from = resume(shadower);
				wanted = shadow.requirePosition();
			}
			while (wanted.isAfter(from)) {
				long end = (from.index() == wanted.index()) ? wanted.offset()
						: shadow.end(from.generation(), from.index());
				if (from.offset() == end) {
					from = new WalPosition(from.generation(), shadow.indexAfter(from.generation(), from.index()), 0);
					this.reach = 0;
					continue;
				}
				byte[] bytes = piece(shadow, from, end);
				this.replica.append(from, bytes, ManyRuns.this.run);
				from = from.at(from.offset() + bytes.length);
				this.reach = 0;
				this.at = from;
				if (ManyRuns.this.random.nextInt(4) == 0) {
					break;
				}
				haltSometimes(60, "after shipping");
			}
			this.at = from;
		}

		/** Up to where the marks have it be cut, or to some commit before that. */
		private byte[] piece(ShadowWal shadow, WalPosition from, long end) throws IOException {
			long least = ManyRuns.this.careless ? 0 : this.reach;
			Duration span = Duration.ofSeconds(ManyRuns.this.random.nextInt(20));
			ShadowFrames frames = shadow.frames(from, end, least, span);
			if (frames.end() < least) {
				throw new AssertionError(
						"%s is cut at %d, and %d is to be reached".formatted(from, frames.end(), least));
			}
			byte[] whole = new byte[(int) frames.end()];
			try (RandomAccessFile file = shadow.openIndex(from.generation(), from.index())) {
				file.readFully(whole);
			}
			ByteBuffer wal = ByteBuffer.wrap(whole);
			List<Integer> ends = new ArrayList<>();
			int frameSize = 24 + wal.getInt(8);
			for (int frame = 32; frame < whole.length; frame += frameSize) {
				int next = frame + frameSize;
				if (wal.getInt(frame + 4) != 0 && next > from.offset() && next >= least) {
					ends.add(next);
				}
			}
			int cut = ends.get(ManyRuns.this.careless ? 0 : ManyRuns.this.random.nextInt(ends.size()));
			return Arrays.copyOfRange(whole, (int) from.offset(), cut);
		}

		private WalPosition resume(WalShadower shadower) throws IOException {
			RawReplica.End end = this.replica.end();
			Continuation found = (end != null) ? shadower.shadowWal().continuationOf(end.position(), end.run()) : null;
			if (found instanceof Continuation.At continued) {
				this.reach = continued.reach();
				System.out.println("continued " + this.name + " " + end + " " + continued);
				return continued.position();
			}
			System.out.println("anew " + this.name + " " + ((found != null) ? found + " " + end : "empty"));
			try (DatabaseView view = shadower.openView(-1)) {
				ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
				view.writeTo(snapshot);
				this.replica.begin(view.position(), snapshot.toByteArray());
				this.reach = view.position().offset();
				return view.position().at(0);
			}
		}

		/** Null if it needs nothing that is here, as it begins anew. */
		@Nullable WalPosition neededFrom(ShadowWal shadow) throws IOException {
			if (this.at != null) {
				return this.at;
			}
			RawReplica.End end = this.replica.end();
			return (end == null) ? null
					: shadow.continuationOf(end.position(), end.run())
						.found()
						.map(Continuation.At::position)
						.orElse(null);
		}

	}

	private static void halt(String where) {
		System.out.println("halted " + where);
		System.out.flush();
		Runtime.getRuntime().halt(9);
	}

	private void haltSometimes(int once, String where) {
		if (!this.last && this.random.nextInt(once) == 0) {
			halt(where);
		}
	}

	private void run(boolean restored) throws Exception {
		Shipping a = new Shipping("a", this.last || restored || this.random.nextInt(6) > 0);
		Shipping b = new Shipping("b", this.last || this.random.nextBoolean());
		settle(List.of(a, b), restored);
		try (WalShadower shadower = this.following.start()) {
			this.following.generations().forEach((reason) -> System.out.println("generation " + reason));
			try (TestDatabase app = TestDatabase.open(this.home.resolve("app.db"), "journal_mode", "WAL")) {
				note(app);
				app.execute("CREATE TABLE IF NOT EXISTS filler (bytes BLOB)");
				note(app);
				int steps = this.last ? 5 : this.random.nextInt(40);
				for (int i = 0; i < steps; i++) {
					step(shadower, app, a, b);
				}
				if (this.last) {
					shadower.step();
					shipAll(shadower, a);
					shipAll(shadower, b);
				}
				if (this.random.nextInt(3) == 0) {
					stop(shadower);
				}
				System.out.println("generations " + this.following.generations().size());
				if (!this.last && this.random.nextBoolean()) {
					halt("at the end");
				}
			}
		}
		System.out.println("ended " + shadowEnd());
	}

	/** Before the application does, else it is the other way round. */
	private static void stop(AutoCloseable shadower) throws Exception {
		shadower.close();
	}

	private String shadowEnd() throws IOException {
		return String.valueOf(LocalLog.read(this.disk, this.home.resolve("meta")).end());
	}

	private static void shipAll(WalShadower shadower, Shipping replica) throws IOException {
		WalPosition at = null;
		while (at == null || shadower.shadowWal().requirePosition().isAfter(at)) {
			replica.ship(shadower);
			at = replica.at;
		}
	}

	/** What a start settles before it opens the database. */
	private void settle(List<Shipping> replicas, boolean restored) throws IOException {
		LocalLog log = LocalLog.read(this.disk, this.home.resolve("meta"));
		log.beginRun(this.run);
		if (restored) {
			RawReplica.End end = replicas.get(0).replica.end();
			if (end != null) {
				log.adopt(end.position(), end.run(), end.position().index() + 2 + this.random.nextInt(3),
						this.home.resolve("app.db"));
			}
			return;
		}
		haltSometimes(12, "after noting the run");
		Optional<Generation> generation = log.generation();
		if (generation.isPresent()) {
			int from = Integer.MAX_VALUE;
			for (Shipping replica : replicas) {
				from = Math.min(from, replica.lacksFrom(log).orElse(Integer.MAX_VALUE));
			}
			WalPosition end = log.end().orElseThrow();
			if (from == Integer.MAX_VALUE) {
				from = this.random.nextInt(end.index() + 1);
			}
			log.renumber(from, 2 + this.random.nextInt(4));
		}
		haltSometimes(8, "after moving");
	}

	private void step(WalShadower shadower, TestDatabase app, Shipping a, Shipping b) throws Exception {
		switch (this.random.nextInt(10)) {
			case 0, 1, 2, 3 -> {
				app.commit(this.random.nextInt(3000));
				note(app);
				haltSometimes(60, "after a commit");
			}
			case 4 -> {
				app.execute("DELETE FROM filler");
				note(app);
				app.execute("VACUUM");
				note(app);
			}
			case 5 -> {
				app.execute("INSERT INTO filler SELECT randomblob(1000) FROM ledger");
				note(app);
			}
			case 6 -> a.ship(shadower);
			case 7 -> b.ship(shadower);
			case 8 -> {
				shadower.step();
				WalPosition needed = shadower.shadowWal().requirePosition();
				for (Shipping replica : List.of(a, b)) {
					WalPosition from = replica.neededFrom(shadower.shadowWal());
					needed = (from != null && needed.isAfter(from)) ? from : needed;
				}
				shadower.trim(needed);
			}
			default -> shadower.step();
		}
		haltSometimes(100, "after a step");
	}

	/** Notes the state of the database: entries and a hash of all that is in it. */
	private void note(TestDatabase app) throws Exception {
		Files.writeString(this.home.resolve("states"), describe(app.connection()) + "\n", StandardOpenOption.CREATE,
				StandardOpenOption.APPEND);
	}

	/** Describes all that is in a database. */
	static String describe(Connection connection) throws Exception {
		MessageDigest digest = MessageDigest.getInstance("SHA-256");
		int entries = 0;
		try (Statement statement = connection.createStatement()) {
			try (ResultSet rows = statement.executeQuery("SELECT name FROM sqlite_schema ORDER BY name")) {
				while (rows.next()) {
					digest.update(rows.getString(1).getBytes(StandardCharsets.UTF_8));
				}
			}
			if (statement.executeQuery("SELECT count(*) FROM sqlite_schema WHERE name = 'ledger'").getInt(1) == 1) {
				try (ResultSet rows = statement.executeQuery("SELECT id, filler FROM ledger ORDER BY id")) {
					while (rows.next()) {
						entries = rows.getInt(1);
						digest.update(rows.getBytes(2));
					}
				}
			}
			if (statement.executeQuery("SELECT count(*) FROM sqlite_schema WHERE name = 'filler'").getInt(1) == 1) {
				try (ResultSet rows = statement.executeQuery("SELECT bytes FROM filler ORDER BY rowid")) {
					while (rows.next()) {
						digest.update(rows.getBytes(1));
					}
				}
			}
		}
		return entries + " " + HexFormat.of().formatHex(digest.digest(), 0, 8);
	}

	/**
	 * Makes one run.
	 * @param arguments directory, seed, and {@code last} for one that ships everything,
	 * {@code restored} for one on a database that was just restored from {@code a}, or
	 * {@code careless} for one that cuts what it repeats after the first commit
	 */
	public static void main(String[] arguments) throws Exception {
		String kind = (arguments.length > 2) ? arguments[2] : "";
		new ManyRuns(Path.of(arguments[0]), Long.parseUnsignedLong(arguments[1], 16), kind.equals("last"),
				kind.equals("careless"))
			.run(kind.equals("restored"));
	}

}
