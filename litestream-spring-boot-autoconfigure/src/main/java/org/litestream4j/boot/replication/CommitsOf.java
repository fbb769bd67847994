package org.litestream4j.boot.replication;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.litestream4j.boot.jdbc.Commits;
import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;

/** Who hears of the commits of a {@code DataSource}. */
final class CommitsOf {

	private CommitsOf() {
	}

	/** All of these: a commit may be in any of them. */
	static Commits all(Collection<? extends Commits> databases) {
		return (databases.size() == 1) ? databases.iterator().next() : new All(List.copyOf(databases));
	}

	/** Whatever is replicated when a commit is made. */
	static Commits found(Supplier<Optional<Replicated>> database) {
		return new Found(database);
	}

	private record All(List<? extends Commits> databases) implements Commits {

		@Override
		public void changed() {
			this.databases.forEach(Commits::changed);
		}

		@Override
		public void awaitTurn() {
			this.databases.forEach(Commits::awaitTurn);
		}

		@Override
		public @Nullable String refusal() {
			return this.databases.stream().map(Commits::refusal).filter(Objects::nonNull).findFirst().orElse(null);
		}

		@Override
		public boolean areAwaited() {
			return this.databases.stream().anyMatch(Commits::areAwaited);
		}

		@Override
		public void written() throws SQLException {
			SQLException failure = null;
			for (Commits database : this.databases) {
				try {
					database.written();
				}
				catch (SQLException ex) {
					failure = (failure != null) ? failure : ex;
				}
			}
			if (failure != null) {
				throw failure;
			}
		}

	}

	private record Found(Supplier<Optional<Replicated>> database) implements Commits {

		@Override
		public void changed() {
			this.database.get().ifPresent(Commits::changed);
		}

		@Override
		public void awaitTurn() {
			this.database.get().ifPresent(Commits::awaitTurn);
		}

		@Override
		public @Nullable String refusal() {
			return this.database.get().map(Commits::refusal).orElse(null);
		}

		@Override
		public boolean areAwaited() {
			return this.database.get().map(Commits::areAwaited).orElse(false);
		}

		@Override
		public void written() throws SQLException {
			Replicated found = this.database.get().orElse(null);
			if (found != null) {
				found.written();
			}
		}

	}

}
