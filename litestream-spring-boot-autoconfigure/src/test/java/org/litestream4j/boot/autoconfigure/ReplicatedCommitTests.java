package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import org.litestream4j.boot.CommitNotReplicatedException;
import org.litestream4j.boot.CommitNotReplicatedSqlException;
import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.OnTimeout;
import org.litestream4j.boot.ReplicatedCommit;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.observe.LitestreamListener.CommitOutcome;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ForwardingStore;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;
import org.litestream4j.store.StoredObject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Commits that wait, in an application. Nothing is shipped by itself: what is in a
 * replica was waited for.
 */
@Timeout(180)
@ExtendWith(OutputCaptureExtension.class)
class ReplicatedCommitTests {

	private static final String[] FAIL = { "litestream.replicated-commit.on-timeout=fail",
			"litestream.replicated-commit.timeout=2s" };

	private static final String EVERY = "litestream.replicated-commit.enabled=true";

	@TempDir
	private Path directory;

	private final Stores stores = new Stores();

	private final List<CommitOutcome> outcomes = new CopyOnWriteArrayList<>();

	private int restored;

	private ApplicationContextRunner runner() {
		return Contexts.replicated(this.directory)
			.withPropertyValues("litestream.sync-interval=1h", "litestream.monitor-interval=1h",
					"litestream.min-free-space=0", "litestream.replicated-commit.timeout=1m",
					"litestream.shutdown-sync-timeout=1ms", "spring.datasource.hikari.maximum-pool-size=2")
			.withBean(StoreProvider.class, () -> this.stores)
			.withBean(LitestreamListener.class, () -> new LitestreamListener() {
				@Override
				public void commitAwaited(String database, CommitOutcome outcome, Duration duration) {
					ReplicatedCommitTests.this.outcomes.add(outcome);
				}
			})
			.withUserConfiguration(Application.class);
	}

	private ApplicationContextRunner everyCommit() {
		return runner().withPropertyValues(EVERY);
	}

	/** Waits for the first snapshot, without which nothing is restorable. */
	private void run(ApplicationContextRunner runner, Consumer<AssertableApplicationContext> test) {
		runner.run((context) -> {
			context.getBean(JdbcTemplate.class).execute("CREATE TABLE note(id INTEGER PRIMARY KEY, text)");
			context.getBean(Litestream.class).sync(Duration.ofMinutes(1));
			this.outcomes.clear();
			try {
				test.accept(context);
			}
			finally {
				this.stores.faults.clear();
				this.stores.open.countDown();
			}
		});
	}

	/** How many rows a restore of the replica has. */
	private int replicated(ApplicationContext context) {
		Path copy = this.directory.resolve("restored-%d.db".formatted(this.restored++));
		try {
			context.getBean(Litestream.class).restore(copy);
		}
		catch (IOException ex) {
			throw new java.io.UncheckedIOException(ex);
		}
		Integer rows = new JdbcTemplate(
				new org.springframework.jdbc.datasource.DriverManagerDataSource("jdbc:sqlite:" + copy))
			.queryForObject("SELECT count(*) FROM note", Integer.class);
		return (rows != null) ? rows : -1;
	}

	private static int rows(ApplicationContext context) {
		Integer rows = context.getBean(JdbcTemplate.class).queryForObject("SELECT count(*) FROM note", Integer.class);
		return (rows != null) ? rows : -1;
	}

	private static TransactionTemplate transaction(ApplicationContext context) {
		return new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
	}

	/** What can be wrong with the stores of replicas. */
	private static final class Stores implements StoreProvider {

		/** By the last name of the replica's directory. */
		private final Map<String, Fault> faults = new ConcurrentHashMap<>();

		private final CountDownLatch open = new CountDownLatch(1);

		private final CountDownLatch reached = new CountDownLatch(1);

		enum Fault {

			AWAY, HANGS

		}

		void strike(String replica) throws IOException {
			Fault fault = this.faults.get(replica);
			if (fault == Fault.AWAY) {
				throw new IOException("the store is away");
			}
			if (fault == Fault.HANGS) {
				this.reached.countDown();
				try {
					this.open.await();
				}
				catch (InterruptedException ex) {
					throw new IOException(ex);
				}
			}
		}

		@Override
		public boolean supports(String type) {
			return type.equals("file");
		}

		@Override
		public ObjectStore open(StoreDefinition definition) {
			Path path = Path.of(java.net.URI.create(java.util.Objects.requireNonNull(definition.url())));
			return new FaultyStore(new FileStore(path, SystemDisk.ownerOnly()), path.getFileName().toString());
		}

		private final class FaultyStore extends ForwardingStore {

			private final String replica;

			FaultyStore(ObjectStore store, String replica) {
				super(store);
				this.replica = replica;
			}

			@Override
			public ObjectStore afresh() {
				return new FaultyStore(store().afresh(), this.replica);
			}

			@Override
			public StoredObject put(NewObject object, ObjectContent content) throws IOException {
				strike(this.replica);
				return super.put(object, content);
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean
		Notes notes(JdbcTemplate jdbc) {
			return new Notes(jdbc);
		}

		@Bean
		Diary diary(Notes notes, JdbcTemplate jdbc) {
			return new Diary(notes, jdbc);
		}

	}

	static class Notes {

		private final JdbcTemplate jdbc;

		Notes(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@Transactional
		public void add(String text) {
			this.jdbc.update("INSERT INTO note(text) VALUES (?)", text);
		}

		@Transactional(readOnly = true)
		public int count() {
			Integer count = this.jdbc.queryForObject("SELECT count(*) FROM note", Integer.class);
			return (count != null) ? count : -1;
		}

		@Transactional
		public void addAndFail() {
			add("lost");
			throw new IllegalStateException("rolled back");
		}

		@ReplicatedCommit
		@Transactional
		public void addReplicated(String text) {
			add(text);
		}

		@ReplicatedCommit
		@Transactional(propagation = Propagation.REQUIRES_NEW)
		public void addReplicatedApart(String text) {
			add(text);
		}

		@ReplicatedCommit
		public void addTwice(String text) {
			this.jdbc.update("INSERT INTO note(text) VALUES (?)", text);
			this.jdbc.update("INSERT INTO note(text) VALUES (?)", text);
		}

		@ReplicatedCommit(timeout = "150ms", onTimeout = OnTimeout.FAIL)
		public void addInTime(String text) {
			this.jdbc.update("INSERT INTO note(text) VALUES (?)", text);
		}

		@ReplicatedCommit(onTimeout = OnTimeout.FAIL, timeout = "150ms")
		@Transactional(noRollbackFor = IllegalArgumentException.class)
		public void addAndComplain(String text) {
			add(text);
			throw new IllegalArgumentException("committed all the same");
		}

		@ReplicatedCommit(replicas = 2, timeout = "300ms", onTimeout = OnTimeout.FAIL)
		public void addToTwo(String text) {
			this.jdbc.update("INSERT INTO note(text) VALUES (?)", text);
		}

		@ReplicatedCommit
		@Transactional(readOnly = true)
		public int countReplicated() {
			return count();
		}

		@ReplicatedCommit(timeout = "soon")
		public void addAtSomeTime(String text) {
			add(text);
		}

	}

	@ReplicatedCommit
	static class Diary {

		private final Notes notes;

		private final JdbcTemplate jdbc;

		Diary(Notes notes, JdbcTemplate jdbc) {
			this.notes = notes;
			this.jdbc = jdbc;
		}

		public void write(String text) {
			this.jdbc.update("INSERT INTO note(text) VALUES (?)", text);
		}

		@Transactional
		public void writeWith(String text) {
			write(text);
			this.notes.addReplicated(text);
		}

	}

	enum Way {

		AUTOCOMMIT {
			@Override
			void write(ApplicationContext context) {
				context.getBean(JdbcTemplate.class).update("INSERT INTO note(text) VALUES ('a')");
			}
		},
		BATCH {
			@Override
			void write(ApplicationContext context) {
				context.getBean(JdbcTemplate.class)
					.batchUpdate("INSERT INTO note(text) VALUES (?)", List.<Object[]>of(new Object[] { "a" }));
			}
		},
		RETURNING {
			@Override
			void write(ApplicationContext context) {
				context.getBean(JdbcTemplate.class)
					.queryForObject("INSERT INTO note(text) VALUES ('a') RETURNING id", Integer.class);
			}
		},
		TEMPLATE {
			@Override
			void write(ApplicationContext context) {
				transaction(context).executeWithoutResult((status) -> AUTOCOMMIT.write(context));
			}
		},
		ANNOTATED {
			@Override
			void write(ApplicationContext context) {
				context.getBean(Notes.class).add("a");
			}
		};

		abstract void write(ApplicationContext context);

	}

	@ParameterizedTest
	@EnumSource
	void everyCommitIsInTheReplicaWhenItReturns(Way way) {
		run(everyCommit(), (context) -> {
			for (int i = 1; i <= 3; i++) {
				way.write(context);
				assertThat(replicated(context)).isEqualTo(i);
			}
			assertThat(this.outcomes).containsExactly(CommitOutcome.REPLICATED, CommitOutcome.REPLICATED,
					CommitOutcome.REPLICATED);
		});
	}

	@ParameterizedTest
	@EnumSource
	void aCommitThatWaitsInVainThrowsWhatSaysThatItTookPlace(Way way) {
		run(everyCommit().withPropertyValues(FAIL), (context) -> {
			this.stores.faults.put("replica", Stores.Fault.AWAY);
			Throwable thrown = catchThrowable(() -> way.write(context));
			boolean transaction = way == Way.TEMPLATE || way == Way.ANNOTATED;
			assertThat(thrown)
				.isInstanceOf(transaction ? TransactionSystemException.class : UncategorizedSQLException.class);
			assertThat(thrown).hasRootCauseInstanceOf(org.litestream4j.NotReplicatedException.class)
				.cause()
				.isInstanceOf(CommitNotReplicatedSqlException.class)
				.hasMessageContaining("it is committed here, and may or may not be in replicas")
				.hasMessageContaining("replica 'file' is failing: the store is away");
			assertThat(rows(context)).isEqualTo(1);
			assertThat(this.outcomes).containsExactly(CommitOutcome.TIMEOUT);
		});
	}

	@Test
	void whatReadsOrIsRolledBackNeverWaits() {
		run(everyCommit().withPropertyValues(FAIL), (context) -> {
			this.stores.faults.put("replica", Stores.Fault.AWAY);
			Notes notes = context.getBean(Notes.class);
			assertThat(notes.count()).isZero();
			assertThat(rows(context)).isZero();
			assertThatExceptionOfType(IllegalStateException.class).isThrownBy(notes::addAndFail)
				.withMessage("rolled back");
			transaction(context).executeWithoutResult((status) -> {
				Way.AUTOCOMMIT.write(context);
				status.setRollbackOnly();
			});
			assertThat(notes.countReplicated()).isZero();
			assertThat(this.outcomes).isEmpty();
		});
	}

	@Test
	void withIsolationThatTakesTheWriteLockAtOnceReadsDoNotWaitEither() {
		run(everyCommit().withPropertyValues(FAIL)
			.withPropertyValues(
					"spring.datasource.url=" + Contexts.url(this.directory, "app.db") + "?transaction_mode=IMMEDIATE"),
				(context) -> {
					Way.ANNOTATED.write(context);
					this.outcomes.clear();
					assertThat(context.getBean(Notes.class).count()).isEqualTo(1);
					assertThat(this.outcomes).isEmpty();
				});
	}

	@Test
	void aWarningIsLoggedOnceAndNobodyWaitsWhileTheReplicaIsAway(CapturedOutput output) {
		run(everyCommit().withPropertyValues("litestream.replicated-commit.timeout=200ms"), (context) -> {
			this.stores.faults.put("replica", Stores.Fault.AWAY);
			for (int i = 0; i < 20; i++) {
				Way.ANNOTATED.write(context);
			}
			assertThat(this.outcomes).hasSize(20).startsWith(CommitOutcome.TIMEOUT, CommitOutcome.UNAVAILABLE);
			assertThat(this.outcomes).containsOnlyOnce(CommitOutcome.TIMEOUT);
			assertThat(output).containsOnlyOnce("1 commit(s) have returned without being known to be in replicas");
			this.stores.faults.clear();
			try {
				context.getBean(Litestream.class).sync(Duration.ofMinutes(1));
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
			do {
				this.outcomes.clear();
				Way.ANNOTATED.write(context); // until the replica's own word has come
			}
			while (!this.outcomes.contains(CommitOutcome.REPLICATED));
			assertThat(replicated(context)).isEqualTo(rows(context));
		});
	}

	@Test
	void oneReplicaOfTwoIsEnoughUnlessBothAreAskedFor() {
		run(everyCommit().withPropertyValues("litestream.replicas[0].name=one",
				"litestream.replicas[1].url=file://" + this.directory.toAbsolutePath().resolve("second"),
				"litestream.replicas[1].name=two"), (context) -> {
					this.stores.faults.put("second", Stores.Fault.HANGS);
					Way.ANNOTATED.write(context);
					assertThatExceptionOfType(CommitNotReplicatedException.class)
						.isThrownBy(() -> context.getBean(Notes.class).addToTwo("b"))
						.withMessageContaining("was not in 2 of 2 replica(s) within 300 ms")
						.withMessageContaining("replica 'two' has not answered");
					assertThat(rows(context)).isEqualTo(2);
					assertThat(this.outcomes).containsExactly(CommitOutcome.REPLICATED, CommitOutcome.REPLICATED,
							CommitOutcome.TIMEOUT);
				});
	}

	@Test
	void aMethodWithTheAnnotationReturnsWhenTheReplicaHoldsWhatItCommitted() {
		run(runner(), (context) -> {
			context.getBean(Notes.class).add("not waited for");
			assertThat(this.outcomes).isEmpty();
			context.getBean(Notes.class).addReplicated("b");
			assertThat(replicated(context)).isEqualTo(2);
			context.getBean(Notes.class).addTwice("c");
			assertThat(replicated(context)).isEqualTo(4);
			context.getBean(Diary.class).write("d");
			assertThat(replicated(context)).isEqualTo(5);
			assertThat(this.outcomes).hasSize(3).containsOnly(CommitOutcome.REPLICATED);
		});
	}

	/** Two threads would wait for each other, or for the pool's timeout, otherwise. */
	@Test
	void theConnectionIsBackInThePoolWhileAMethodWaits() {
		run(runner().withPropertyValues("spring.datasource.hikari.maximum-pool-size=1"), (context) -> {
			this.stores.faults.put("replica", Stores.Fault.HANGS);
			FutureTask<Boolean> waiting = new FutureTask<>(() -> context.getBean(Notes.class).addReplicated("a"), true);
			new Thread(waiting).start();
			try {
				assertThat(this.stores.reached.await(1, TimeUnit.MINUTES)).isTrue();
				assertThat(rows(context)).isEqualTo(1);
				context.getBean(Notes.class).add("b");
				assertThat(waiting).isNotDone();
				this.stores.open.countDown();
				assertThat(waiting.get(1, TimeUnit.MINUTES)).isTrue();
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		});
	}

	@Test
	void aTransactionFromOutsideIsWaitedForWhenItIsCommittedBeforeAnybodyHearsOfIt() {
		run(runner(), (context) -> {
			int[] seen = { -1, -1 };
			transaction(context).executeWithoutResult((status) -> {
				TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
					@Override
					public void afterCommit() {
						seen[1] = replicated(context);
					}
				});
				context.getBean(Notes.class).addReplicated("a");
				context.getBean(Notes.class).addReplicated("b");
				seen[0] = ReplicatedCommitTests.this.outcomes.size();
			});
			assertThat(seen).containsExactly(0, 2);
			assertThat(this.outcomes).containsExactly(CommitOutcome.REPLICATED);
			context.getBean(Notes.class).add("c");
			assertThat(this.outcomes).as("nothing is left behind on the thread").hasSize(1);
		});
	}

	@Test
	void aTransactionFromOutsideThatIsRolledBackIsNotWaitedFor() {
		run(runner(), (context) -> {
			transaction(context).executeWithoutResult((status) -> {
				context.getBean(Notes.class).addReplicated("a");
				status.setRollbackOnly();
			});
			context.getBean(Notes.class).add("b");
			assertThat(this.outcomes).isEmpty();
			assertThat(rows(context)).isEqualTo(1);
		});
	}

	@Test
	void aTransactionOfItsOwnIsWaitedForAtOnceAndTheOneOutsideWhenItEnds() {
		run(runner(), (context) -> {
			transaction(context).executeWithoutResult((status) -> {
				context.getBean(Notes.class).addReplicatedApart("a");
				assertThat(replicated(context)).isEqualTo(1);
				context.getBean(Notes.class).add("b");
			});
			assertThat(replicated(context)).isEqualTo(2);
			assertThat(this.outcomes).hasSize(2).containsOnly(CommitOutcome.REPLICATED);
		});
	}

	@Test
	void whatIsNestedIsWaitedForOnce() {
		run(runner(), (context) -> {
			context.getBean(Diary.class).writeWith("a");
			assertThat(replicated(context)).isEqualTo(2);
			assertThat(this.outcomes).containsExactly(CommitOutcome.REPLICATED);
		});
	}

	@Test
	void theAnnotationsOwnTermsCount() {
		run(runner(), (context) -> {
			this.stores.faults.put("replica", Stores.Fault.AWAY);
			assertThatExceptionOfType(CommitNotReplicatedException.class)
				.isThrownBy(() -> context.getBean(Notes.class).addInTime("a"))
				.withMessageContaining("within 150 ms");
			assertThat(rows(context)).isEqualTo(1);
			assertThatExceptionOfType(IllegalStateException.class)
				.isThrownBy(() -> context.getBean(Notes.class).addAtSomeTime("b"))
				.withMessageContaining("has the timeout 'soon': a duration of more than zero is expected, such as 2s");
			assertThat(rows(context)).isEqualTo(1);
		});
	}

	@Test
	void whatAMethodThrowsComesFirst() {
		run(runner(), (context) -> {
			assertThatExceptionOfType(IllegalArgumentException.class)
				.isThrownBy(() -> context.getBean(Notes.class).addAndComplain("a"))
				.satisfies((ex) -> assertThat(ex.getSuppressed()).isEmpty());
			assertThat(replicated(context)).isEqualTo(1);
			this.stores.faults.put("replica", Stores.Fault.AWAY);
			assertThatExceptionOfType(IllegalArgumentException.class)
				.isThrownBy(() -> context.getBean(Notes.class).addAndComplain("b"))
				.satisfies((ex) -> assertThat(ex.getSuppressed()).singleElement()
					.isInstanceOf(CommitNotReplicatedException.class));
		});
	}

	@Test
	void codeWithoutAnnotationsWaits() {
		run(runner(), (context) -> {
			Litestream litestream = context.getBean(Litestream.class);
			JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
			int updated = litestream.replicated(() -> jdbc.update("INSERT INTO note(text) VALUES ('a')"));
			assertThat(updated).isEqualTo(1);
			assertThat(replicated(context)).isEqualTo(1);
			this.outcomes.clear();
			assertThat(litestream.<Integer, RuntimeException>replicated(() -> rows(context))).isEqualTo(1);
			assertThat(this.outcomes).isEmpty();
		});
	}

	@Test
	void everyCommitAndAMethodThatWantsNoMoreWaitOnce() {
		run(everyCommit(), (context) -> {
			context.getBean(Notes.class).addReplicated("a");
			assertThat(this.outcomes).containsExactly(CommitOutcome.REPLICATED);
		});
	}

	@Test
	void whatIsConfiguredForOneDatabaseCounts() {
		run(everyCommit().withPropertyValues("litestream.databases.dataSource.replicated-commit.enabled=false"),
				(context) -> {
					context.getBean(Notes.class).add("a");
					assertThat(this.outcomes).isEmpty();
				});
	}

	@Test
	void moreReplicasThanThereAreAreRefused() {
		everyCommit().withPropertyValues("litestream.replicated-commit.replicas=2")
			.run((context) -> assertThat(context).getFailure()
				.hasRootCauseInstanceOf(IllegalArgumentException.class)
				.rootCause()
				.hasMessage("replicas is 2: 1 to 1, as many as the database has, is expected"));
		everyCommit().withPropertyValues("litestream.replicated-commit.timeout=0s")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessage("timeout is 0 s: more than zero is expected"));
	}

	@Entity(name = "note")
	static class Note {

		@Id
		@GeneratedValue(strategy = GenerationType.IDENTITY)
		@Nullable Integer id;

		@Nullable String text;

	}

	@Configuration(proxyBeanMethods = false)
	static class Jpa {

		@Bean
		static org.springframework.beans.factory.config.BeanFactoryPostProcessor entities() {
			return (beanFactory) -> AutoConfigurationPackages.register(
					(org.springframework.beans.factory.support.BeanDefinitionRegistry) beanFactory,
					Jpa.class.getPackageName());
		}

	}

	private ApplicationContextRunner jpa() {
		return everyCommit().withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
			.withUserConfiguration(Jpa.class)
			.withPropertyValues("spring.jpa.database-platform=org.hibernate.community.dialect.SQLiteDialect");
	}

	private static EntityManager entities(ApplicationContext context) {
		return SharedEntityManagerCreator
			.createSharedEntityManager(context.getBean(jakarta.persistence.EntityManagerFactory.class));
	}

	private static void persist(ApplicationContext context) {
		transaction(context).executeWithoutResult((status) -> {
			Note note = new Note();
			note.text = "a";
			entities(context).persist(note);
		});
	}

	@Test
	void transactionsOfJpaWait() {
		run(jpa().withPropertyValues("litestream.replicated-commit.timeout=2s",
				"litestream.replicated-commit.on-timeout=fail"), (context) -> {
					persist(context);
					assertThat(replicated(context)).isEqualTo(1);
					assertThat(this.outcomes).containsExactly(CommitOutcome.REPLICATED);
					List<?> found = entities(context).createQuery("from note").getResultList();
					assertThat(found).hasSize(1);
					assertThat(this.outcomes).hasSize(1);
					this.stores.faults.put("replica", Stores.Fault.AWAY);
					Throwable thrown = catchThrowable(() -> persist(context));
					assertThat(thrown).isInstanceOf(org.springframework.orm.jpa.JpaSystemException.class)
						.hasStackTraceContaining(CommitNotReplicatedSqlException.class.getName());
					assertThat(rows(context)).isEqualTo(2);
					assertThat(Set.copyOf(this.outcomes)).hasSize(2);
				});
	}

}
