package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import org.litestream4j.boot.OnFenced;
import org.litestream4j.boot.jdbc.Commits;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for {@link FencedReplicas}.
 */
class FencedReplicasTests {

	private static final WalPosition POSITION = new WalPosition(Generation.random(), 1, 32);

	private static final String DETAIL = "node-2:4711 owns it since epoch 8; stop one of the two";

	@TempDir
	private Path directory;

	private final List<String> told = new ArrayList<>();

	private final FencedReplicas fenced = new FencedReplicas("app", OnFenced.READ_ONLY);

	private final LitestreamListener engine = this.fenced.beside(new LitestreamListener() {

		@Override
		public void replicaFenced(String database, String replica, @Nullable WalPosition position, String detail) {
			FencedReplicasTests.this.told.add(replica + " fenced");
		}

		@Override
		public void replicaTakenOver(String database, String replica, WalPosition position, long epoch) {
			FencedReplicasTests.this.told.add(replica + " taken over");
		}

	});

	@Test
	void oneThatIsLostIsEnoughAndAllHaveToBeOwnedAgain() {
		assertThat(this.fenced.refusal()).isNull();
		this.engine.replicaFenced("app", "s3", POSITION, DETAIL);
		assertThat(this.fenced.refusal()).contains("database 'app' is read-only", "replica 's3'", DETAIL);
		this.engine.replicaFenced("app", "file", null, "somebody has it");
		this.engine.replicaTakenOver("app", "s3", POSITION, 9);
		assertThat(this.fenced.refusal()).contains("replica 'file'", "somebody has it");
		this.engine.replicaTakenOver("app", "file", POSITION, 9);
		assertThat(this.fenced.refusal()).isNull();
		assertThat(this.told).containsExactly("s3 fenced", "file fenced", "s3 taken over", "file taken over");
	}

	@Test
	void nextStartFindsOutAnew() {
		this.engine.replicaFenced("app", "s3", POSITION, DETAIL);
		this.engine.replicationStopped("app", POSITION);
		assertThat(this.fenced.refusal()).isNull();
	}

	@ParameterizedTest
	@EnumSource(mode = Mode.EXCLUDE, names = "READ_ONLY")
	void nothingIsRefusedUnlessThatIsWanted(OnFenced onFenced) {
		FencedReplicas other = new FencedReplicas("app", onFenced);
		other.replicaFenced("app", "s3", POSITION, DETAIL);
		assertThat(other.refusal()).isNull();
	}

	/** Through a pool and Spring's transactions, as applications do. */
	@Test
	void applicationReadsAndGoesOnWritingWhenItOwnsTheReplicaAgain() {
		Commits commits = new Commits() {

			@Override
			public void changed() {
				// nobody wants to know
			}

			@Override
			public @Nullable String refusal() {
				return FencedReplicasTests.this.fenced.refusal();
			}

		};
		try (HikariDataSource pool = new HikariDataSource()) {
			pool.setJdbcUrl("jdbc:sqlite:" + this.directory.resolve("app.db") + "?journal_mode=WAL");
			pool.setMaximumPoolSize(1);
			CommitSignals.add(pool, commits);
			JdbcTemplate jdbc = new JdbcTemplate(pool);
			TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(pool));
			jdbc.execute("CREATE TABLE note(text)");
			assertThatException().isThrownBy(() -> transaction.executeWithoutResult((status) -> {
				jdbc.update("INSERT INTO note VALUES ('in flight')");
				this.engine.replicaFenced("app", "s3", POSITION, DETAIL);
			})).havingRootCause().withMessageContaining("database 'app' is read-only");
			assertThatException().isThrownBy(() -> jdbc.update("INSERT INTO note VALUES ('too late')"))
				.withStackTraceContaining("database 'app' is read-only");
			List<String> read = transaction
				.execute((status) -> jdbc.queryForList("SELECT text FROM note", String.class));
			assertThat(read).isEmpty();
			this.engine.replicaTakenOver("app", "s3", POSITION, 9);
			transaction.executeWithoutResult((status) -> jdbc.update("INSERT INTO note VALUES ('again')"));
			assertThat(jdbc.queryForList("SELECT text FROM note", String.class)).containsExactly("again");
		}
	}

}
