package org.litestream4j.lease;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.lease.FakeLog.Segment;
import org.litestream4j.lease.TakeoverDriver.BeforeFencing;
import org.litestream4j.store.NewObject;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class TakeoverDriverTests {

	private static final Generation GENERATION = new Generation("0123456789abcdef");

	private static final Run RUN = new Run("00000000000000aa", "here:1");

	private static final Run OTHER = new Run("00000000000000bb", "there:2");

	private static final BeforeFencing NOTHING = (found) -> {
	};

	private final FakeTime time = new FakeTime();

	private final FaultyStore store = new FaultyStore(new MemoryStore());

	private final LockFile lockFile = new LockFile(this.store, Duration.ofSeconds(30), Clock.systemUTC());

	private final FakeLog log = new FakeLog(this.store);

	private final TakeoverDriver driver = new TakeoverDriver(this.lockFile, this.log, this.time);

	private static WalPosition at(int index, long offset) {
		return new WalPosition(GENERATION, index, offset);
	}

	@BeforeEach
	void write() throws IOException {
		Writer earlier = OTHER.writer(1);
		this.log.put(new Segment(at(0, 0), earlier, List.of(), List.of(1)));
		this.log.put(new Segment(at(0, 132), earlier, List.of(1), List.of(2, 3)));
		this.log.putSnapshot(GENERATION, List.of());
		this.store.forget();
	}

	private Takeover.Taken takeOver(Run run) throws IOException {
		return this.driver.takeOver(run, this.driver.atOnce(), NOTHING);
	}

	@Test
	void generationGoesOnBehindTheFences() throws IOException {
		Takeover.Owned owned = (Takeover.Owned) takeOver(RUN);
		assertThat(owned.next()).isEqualTo(at(2, 0));
		assertThat(owned.log().end()).isEqualTo(at(0, 332));
		assertThat(owned.lock()).isEqualTo(this.lockFile.read().lock());
		assertThat(owned.tag()).isEqualTo(this.lockFile.read().tag());
		assertThat(owned.lock().current()).isEqualTo(GENERATION);
		assertThat(this.log.log(GENERATION)).extracting(Segment::at, Segment::writer)
			.endsWith(tuple(at(0, 332), RUN.writer(1)), tuple(at(1, 0), RUN.writer(1)));
	}

	private static org.assertj.core.groups.Tuple tuple(Object... values) {
		return org.assertj.core.groups.Tuple.tuple(values);
	}

	@Test
	void nextOneGoesOnBehindTheFencesOfTheOneBefore() throws IOException {
		takeOver(RUN);
		Takeover.Owned owned = (Takeover.Owned) takeOver(OTHER);
		assertThat(owned.lock().epoch()).isEqualTo(2);
		assertThat(owned.log().end()).isEqualTo(at(1, 32));
		assertThat(owned.next()).isEqualTo(at(3, 0));
	}

	@Test
	void replicaInWhichNothingCanBeRestoredIsEmpty() throws IOException {
		FaultyStore fresh = new FaultyStore(new MemoryStore());
		LockFile lock = new LockFile(fresh, Duration.ofSeconds(30), Clock.systemUTC());
		TakeoverDriver first = new TakeoverDriver(lock, new FakeLog(fresh), this.time);
		Takeover.Taken taken = first.takeOver(RUN, first.atOnce(), (found) -> {
			throw new IllegalStateException("there is nothing");
		});
		assertThat(taken).isEqualTo(
				new Takeover.Empty(RUN, ReplicaLock.claimedBy(RUN, null), Objects.requireNonNull(lock.read().tag())));
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 })
	void requestThatGetsNoAnswerIsMadeAgainAndChangesNothingTwice(int number) throws IOException {
		int[] count = new int[1];
		FaultyStore.Fault once = (operation) -> {
			if (++count[0] == number) {
				throw new IOException("no answer to " + operation);
			}
		};
		this.store.after(once);
		takeOver(RUN);
		this.store.heal();
		assertThat(this.log.log(GENERATION)).hasSize(4);
		assertThat(Objects.requireNonNull(this.lockFile.read().lock()).epoch()).isEqualTo(1);
		this.store.before(once);
		takeOver(OTHER);
	}

	@Test
	void storeThatStaysAwayIsAskedFourTimes() {
		this.store.fail();
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> takeOver(RUN)).withMessage("the store is away");
		assertThat(this.store.attempted()).hasSize(TakeoverDriver.TRIES);
		assertThat(this.time.passed()).isEqualTo(Duration.ofMillis(200 + 800 + 3200));
	}

	@Test
	void interruptIsNotOutwaited() {
		this.store.before((operation) -> {
			Thread.currentThread().interrupt();
			throw new IOException("interrupted");
		});
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> takeOver(RUN)).withMessage("interrupted");
		assertThat(Thread.interrupted()).isTrue();
		assertThat(this.store.attempted()).hasSize(1);
	}

	@Test
	void whatTheOwnerWritesMeanwhileIsListedAgainAndCheckedAgain() throws IOException {
		List<WalPosition> ends = new ArrayList<>();
		Takeover.Owned owned = (Takeover.Owned) this.driver.takeOver(RUN, this.driver.atOnce(), (found) -> {
			ends.add(found.end());
			if (ends.size() == 1) {
				this.log.put(new Segment(at(0, 332), OTHER.writer(1), List.of(1, 2, 3), List.of(4)));
			}
			else if (ends.size() == 2) {
				this.log.put(new Segment(at(1, 0), OTHER.writer(1), List.of(1, 2, 3, 4), List.of(5)));
			}
		});
		assertThat(ends).containsExactly(at(0, 332), at(0, 432), at(1, 132));
		assertThat(owned.next()).isEqualTo(at(3, 0));
		assertThat(this.log.restore(GENERATION)).containsExactly(1, 2, 3, 4, 5);
	}

	@Test
	void whoIsOvertakenBetweenLookAndClaimBeginsAnew() throws IOException {
		List<String> approached = new ArrayList<>();
		Takeover.Taken taken = this.driver.takeOver(RUN, () -> {
			Answer.LockIs is = this.lockFile.read();
			approached.add("" + ((is.lock() != null) ? is.lock().epoch() : 0));
			if (approached.size() == 1) {
				this.lockFile.write(is.tag(), ReplicaLock.claimedBy(OTHER, is.lock()));
			}
			return is;
		}, NOTHING);
		assertThat(approached).containsExactly("0", "1");
		assertThat(taken.lock().epoch()).isEqualTo(2);
	}

	@Test
	void whoIsOvertakenAfterTheFencesWaitsForTheOther() throws IOException {
		this.store.after((operation) -> {
			if (operation.contains("00000001_00000000")) {
				this.store.heal();
				Answer.LockIs is = this.lockFile.read();
				this.lockFile.write(is.tag(), ReplicaLock.claimedBy(OTHER, is.lock()));
			}
		});
		ReplicaHeldException held = new ReplicaHeldException("held", ReplicaLock.claimedBy(OTHER, null));
		int[] approached = new int[1];
		assertThatExceptionOfType(ReplicaHeldException.class).isThrownBy(() -> this.driver.takeOver(RUN, () -> {
			if (++approached[0] == 2) {
				throw held;
			}
			return this.lockFile.read();
		}, NOTHING)).isSameAs(held);
		assertThat(Objects.requireNonNull(this.lockFile.read().lock()).runId()).isEqualTo(OTHER.id());
	}

	@Test
	void othersThatKeepTakingItOverAreNotFoughtForEver() {
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.driver.takeOver(RUN, () -> {
			Answer.LockIs is = this.lockFile.read();
			this.lockFile.write(is.tag(), ReplicaLock.claimedBy(OTHER, is.lock()));
			return is;
		}, NOTHING))
			.withMessage("others keep taking the replica over at the same time: see to it that only one"
					+ " application writes to it");
	}

	@Test
	void ownerThatWritesFasterIsNotRunAfterForEver() throws IOException {
		int[] written = new int[1];
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> this.driver.takeOver(RUN, this.driver.atOnce(), (found) -> {
				this.log.put(new Segment(found.end(), OTHER.writer(1), List.of(), List.of(7)));
				written[0]++;
			}))
			.withMessage("the owner of the replica writes faster than it can be taken over: stop it, or try again");
		assertThat(written[0]).isEqualTo(TakeoverDriver.LISTINGS);
		assertThat(Objects.requireNonNull(this.lockFile.read().lock()).released()).isTrue();
	}

	@Test
	void whoGivesUpBeforeTheFencesHandsTheReplicaOver() throws IOException {
		assertThatIllegalStateException().isThrownBy(() -> this.driver.takeOver(RUN, this.driver.atOnce(), (found) -> {
			throw new IllegalStateException("diverged");
		})).withMessage("diverged");
		assertThat(this.log.log(GENERATION)).hasSize(2);
		ReplicaLock lock = Objects.requireNonNull(this.lockFile.read().lock());
		assertThat(lock.released()).isTrue();
		assertThat(lock.epoch()).isEqualTo(1);
		takeOver(OTHER);
	}

	@Test
	void whoGivesUpSaysWhyEvenIfTheReplicaCannotBeHandedOver() {
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> this.driver.takeOver(RUN, this.driver.atOnce(), (found) -> {
				this.store.fail();
				throw new IOException("diverged");
			}))
			.withMessage("diverged");
	}

	@Test
	void generationThatNeverGotItsSnapshotIsLeft() throws IOException {
		Generation dead = new Generation("ffffffffffffffff");
		this.lockFile.write(null, new ReplicaLock(4, OTHER.id(), OTHER.owner(), dead, GENERATION, 0, null, false));
		this.log.put(new Segment(new WalPosition(dead, 0, 0), OTHER.writer(4), List.of(), List.of()));
		Takeover.Owned owned = (Takeover.Owned) takeOver(RUN);
		assertThat(owned.log().generation()).isEqualTo(GENERATION);
		assertThat(this.lockFile.read().lock()).isEqualTo(owned.lock());
		assertThat(owned.lock().current()).isEqualTo(GENERATION);
		assertThat(owned.lock().previous()).isNull();
	}

	@Test
	void damagedLockFileIsSaidAtOnce() throws IOException {
		this.store.put(NewObject.named(LockFile.NAME), (out) -> out.write('{'));
		assertThatExceptionOfType(DamagedLockFileException.class).isThrownBy(() -> takeOver(RUN));
		assertThat(this.time.passed()).isZero();
	}

}
