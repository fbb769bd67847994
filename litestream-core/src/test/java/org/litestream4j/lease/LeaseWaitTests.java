package org.litestream4j.lease;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.store.NewObject;
import org.litestream4j.testing.FaultyStore;
import org.litestream4j.testing.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class LeaseWaitTests {

	private static final Duration DURATION = Duration.ofSeconds(30);

	private static final Duration LONGEST = Duration.ofSeconds(60);

	private static final Duration LOOKS = DURATION.dividedBy(3);

	private static final Generation GENERATION = new Generation("0123456789abcdef");

	private static final Run OWNER = new Run("00000000000000aa", "there:2");

	private static final Run RUN = new Run("00000000000000bb", "here:1");

	private final FakeTime time = new FakeTime();

	private final FaultyStore store = new FaultyStore(new MemoryStore());

	private final LockFile lockFile = new LockFile(this.store, DURATION, Clock.systemUTC());

	private final WishFile wishes = new WishFile(this.store);

	private final ChangingLog log = new ChangingLog();

	/** A log of which only the end matters. */
	private static final class ChangingLog implements LogAccess {

		private long end = 32;

		private int listings;

		@Override
		public Catalog catalog() {
			this.listings++;
			return new Catalog(
					List.of(new Catalog.Log(GENERATION, true, new WalPosition(GENERATION, 0, this.end), false)));
		}

		@Override
		public boolean putFence(WalPosition at, Writer writer) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Optional<ChainEnd> end(Generation generation) {
			throw new UnsupportedOperationException();
		}

	}

	/** What an owner does. */
	private final class Owner {

		private final LeaseKeeper keeper = new LeaseKeeper(LeaseWaitTests.this.wishes, OWNER.id());

		private Ownership.Held held;

		private final List<Wish> answered = new ArrayList<>();

		private final AtomicBoolean alive = new AtomicBoolean(true);

		Owner() throws IOException {
			ReplicaLock lock = ReplicaLock.claimedBy(OWNER, null).naming(GENERATION);
			Answer.Stored stored = (Answer.Stored) LeaseWaitTests.this.lockFile.write(null, lock);
			this.held = new Ownership.Writing(OWNER, lock, stored.tag());
		}

		Owner looking() {
			LeaseWaitTests.this.time.every(LOOKS, this::look);
			return this;
		}

		void look() throws IOException {
			Optional<LeaseKeeper.Unanswered> wish = this.alive.get() ? this.keeper.look() : Optional.empty();
			if (wish.isPresent()) {
				Ownership.Renewing renewing = this.held.renew(new WalPosition(GENERATION, 0, 132));
				this.held = (Ownership.Held) renewing.answered(LeaseWaitTests.this.lockFile.answer(renewing.request()));
				this.keeper.answered(wish.get());
				this.answered.add(wish.get().wish());
			}
		}

		void stop() throws IOException {
			this.alive.set(false);
			Ownership.HandingOver handing = this.held.handOver(null);
			assertThat(handing.answered(LeaseWaitTests.this.lockFile.answer(handing.request())))
				.isInstanceOf(Ownership.HandedOver.class);
		}

	}

	@BeforeEach
	void forget() {
		this.store.forget();
	}

	private LeaseWait waiting(String... ownRuns) {
		return waiting(LONGEST, ownRuns);
	}

	private LeaseWait waiting(Duration longest, String... ownRuns) {
		LeaseWatch watch = new LeaseWatch(this.lockFile, this.wishes, this.log, DURATION, this.time, RUN,
				List.of(ownRuns));
		return new LeaseWait(watch, longest, this.time, this.time, "Replica 'a' of database 'b'");
	}

	@Test
	void replicaWithoutAnOwnerIsFreeAtOnceAndNothingIsWritten() throws IOException {
		assertThat(waiting().await()).isEqualTo(new Answer.LockIs(null, null));
		assertThat(this.time.passed()).isZero();
		assertThat(this.store.stored()).isEmpty();
	}

	@Test
	void replicaThatWasHandedOverIsFreeAtOnce() throws IOException {
		new Owner().stop();
		this.store.forget();
		assertThat(waiting().await()).isEqualTo(this.lockFile.read());
		assertThat(this.time.passed()).isZero();
		assertThat(this.store.stored()).isEmpty();
	}

	@Test
	void successorOfACrashedProcessWithTheSameMetaDirectoryIsTheOwnerAtOnce() throws IOException {
		new Owner();
		this.store.forget();
		assertThat(waiting("00000000000000ff", OWNER.id()).await()).isEqualTo(this.lockFile.read());
		assertThat(this.time.passed()).isZero();
		assertThat(this.store.stored()).isEmpty();
	}

	@Test
	void ownerThatSaysNothingForTheLeaseIsGone() throws IOException {
		new Owner();
		assertThat(waiting().await()).isEqualTo(this.lockFile.read());
		assertThat(this.time.passed()).isBetween(DURATION, DURATION.plus(LeaseWait.INTERVAL));
		assertThat(this.wishes.look(null)).isEmpty();
	}

	@Test
	void ownerWithALongerLeaseIsGivenThat() throws IOException {
		Duration longer = DURATION.multipliedBy(3);
		new LockFile(this.store, longer, Clock.systemUTC()).write(null,
				ReplicaLock.claimedBy(OWNER, null).naming(GENERATION));
		assertThat(waiting().await()).isEqualTo(this.lockFile.read());
		assertThat(this.time.passed()).isBetween(longer, longer.plus(LeaseWait.INTERVAL));
	}

	@Test
	void ownerThatIsGoneIsFoundOutEvenIfNobodyWaitsForTheLiving() throws IOException {
		new Owner();
		waiting(Duration.ZERO).await();
		assertThat(this.time.passed()).isBetween(DURATION, DURATION.plus(LeaseWait.INTERVAL));
	}

	@Test
	void ownerThatIsAliveIsNamedAfterTheWait() throws IOException {
		Owner owner = new Owner().looking();
		assertThatExceptionOfType(ReplicaHeldException.class).isThrownBy(() -> waiting().await())
			.withMessage("Replica 'a' of database 'b' is owned by there:2 (epoch 1) and written up to"
					+ " 0123456789abcdef/00000000:00000084, which is alive and did not stop within 1 min:"
					+ " stop it, or give this application another replica");
		assertThat(this.time.passed()).isBetween(LONGEST, LONGEST.plus(LOOKS).plus(LeaseWait.INTERVAL));
		assertThat(owner.answered).extracting(Wish::describe).containsOnly("here:1");
		assertThat(owner.answered).extracting(Wish::counter).startsWith(1L, 2L, 3L).doesNotHaveDuplicates();
		assertThat(this.wishes.look(null)).isEmpty();
	}

	@Test
	void ownerThatIsAliveIsNamedAsSoonAsItAnswersIfNobodyIsToWait() throws IOException {
		new Owner().looking();
		assertThatExceptionOfType(ReplicaHeldException.class).isThrownBy(() -> waiting(Duration.ZERO).await());
		assertThat(this.time.passed()).isBetween(LOOKS, LOOKS.plus(LeaseWait.INTERVAL));
	}

	@Test
	void ownerThatAnswersNothingButWritesIsAlive() throws IOException {
		new Owner();
		this.time.every(Duration.ofSeconds(20), () -> this.log.end += 100);
		assertThatExceptionOfType(ReplicaHeldException.class).isThrownBy(() -> waiting().await());
		assertThat(this.log.listings).isLessThan(10);
	}

	@Test
	void ownerThatStopsIsFollowedWithinASecond() throws IOException {
		Owner owner = new Owner().looking();
		this.time.at(Duration.ofSeconds(17), owner::stop);
		LeaseWait waiting = waiting();
		assertThat(Objects.requireNonNull(waiting.await().lock()).released()).isTrue();
		assertThat(this.time.passed()).isBetween(Duration.ofSeconds(17), Duration.ofSeconds(18));
		assertThat(this.wishes.look(null)).isEmpty();
	}

	@Test
	void ownerThatIsKilledWhileOthersWaitIsGone() throws IOException {
		Owner owner = new Owner().looking();
		this.time.at(Duration.ofSeconds(55), () -> owner.alive.set(false));
		waiting().await();
		assertThat(this.time.passed()).isBetween(Duration.ofSeconds(80), Duration.ofSeconds(81));
	}

	@Test
	void nothingCountsAsUnchangedWhileTheStoreCannotBeAsked() throws IOException {
		new Owner();
		this.time.at(Duration.ofSeconds(10), this.store::fail);
		this.time.at(Duration.ofSeconds(50), this.store::heal);
		waiting().await();
		assertThat(this.time.passed()).isBetween(Duration.ofSeconds(79), Duration.ofSeconds(81));
	}

	@Test
	void storeThatCannotBeAskedIsWaitedForNoLonger() throws IOException {
		new Owner();
		this.store.fail();
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> waiting().await())
			.withMessage("the store is away");
		assertThat(this.time.passed()).isEqualTo(LONGEST);
	}

	@Test
	void damagedLockFileIsSaidAtOnce() throws IOException {
		this.store.put(NewObject.named(LockFile.NAME), (out) -> out.write('{'));
		assertThatExceptionOfType(DamagedLockFileException.class).isThrownBy(() -> waiting().await());
		assertThat(this.time.passed()).isZero();
	}

	@Test
	void ownerAsksOnceAndWritesNothingWhileNobodyWishes() throws IOException {
		Owner owner = new Owner();
		this.store.forget();
		for (int i = 0; i < 10; i++) {
			owner.look();
		}
		assertThat(this.store.attempted()).isEmpty(); // looks at names alone
		assertThat(owner.answered).isEmpty();
	}

	@Test
	void ownerAnswersEachWishOnceAndNotItsOwn() throws IOException {
		Owner owner = new Owner();
		this.wishes.write(new Wish(OWNER.id(), OWNER.owner(), 1));
		owner.look();
		assertThat(owner.answered).isEmpty();
		this.wishes.write(new Wish(RUN.id(), RUN.owner(), 1));
		owner.look();
		owner.look();
		assertThat(owner.answered).hasSize(1);
		this.wishes.write(new Wish(RUN.id(), RUN.owner(), 2));
		owner.look();
		assertThat(owner.answered).hasSize(2);
		assertThat(Objects.requireNonNull(this.lockFile.read().lock()).renewals()).isEqualTo(2);
	}

	@Test
	void wishThatCannotBeUnderstoodIsSomebodys() throws IOException {
		Owner owner = new Owner();
		this.store.put(NewObject.named(WishFile.NAME), (out) -> out.write('{'));
		owner.look();
		assertThat(owner.answered).extracting(Wish::describe).containsExactly("somebody");
	}

	@Test
	void wishOfAnotherIsNotTakenBack() throws IOException {
		this.wishes.write(new Wish(RUN.id(), RUN.owner(), 1));
		this.wishes.withdraw(OWNER.id());
		assertThat(this.wishes.look(null)).isPresent();
		this.wishes.withdraw(RUN.id());
		assertThat(this.wishes.look(null)).isEmpty();
	}

	@Test
	void twoThatWaitDoNotKeepEachOther() throws IOException {
		new Owner();
		this.time.every(Duration.ofSeconds(7), () -> this.wishes.write(new Wish("00000000000000cc", "third:3", 1)));
		waiting().await();
		assertThat(this.time.passed()).isBetween(DURATION, DURATION.plus(LeaseWait.INTERVAL));
	}

}
