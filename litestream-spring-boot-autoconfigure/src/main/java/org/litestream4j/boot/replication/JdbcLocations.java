package org.litestream4j.boot.replication;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;

import javax.sql.CommonDataSource;
import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.AgroalConnectionFactoryConfiguration;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration;
import org.apache.commons.dbcp2.BasicDataSource;
import org.apache.tomcat.jdbc.pool.PoolConfiguration;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteDataSource;

import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.jdbc.datasource.AbstractDriverBasedDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.util.ClassUtils;

import org.litestream4j.boot.jdbc.CommitSignalling;

/**
 * What a {@code DataSource} connects to, found out without a connection: asking for one
 * would open the database before it can be restored.
 *
 * @param found where it leads, as far as that is not replicated yet; several if it
 * routes, none if it does not tell
 * @param signalling whether it leads to a {@code DataSource} that is replicated already
 * @param router the outermost router on the way, which may lead elsewhere later; null if
 * there is none
 */
record JdbcLocations(List<JdbcLocation> found, boolean signalling, @Nullable AbstractRoutingDataSource router) {

	private static final List<Finder> FINDERS = finders();

	JdbcLocations {
		found = List.copyOf(found);
	}

	/** Looks through wrappers, of known and of unknown kinds. */
	static JdbcLocations find(CommonDataSource dataSource) {
		Walk walk = new Walk();
		walk.visit(dataSource);
		return new JdbcLocations(walk.found, walk.signalling, walk.router);
	}

	private static List<Finder> finders() {
		return Stream
			.of(new SpringFinder(), new SqliteFinder(),
					isPresent("com.zaxxer.hikari.HikariDataSource") ? new HikariFinder() : null,
					isPresent("org.apache.commons.dbcp2.BasicDataSource") ? new DbcpFinder() : null,
					isPresent("org.apache.tomcat.jdbc.pool.PoolConfiguration") ? new TomcatFinder() : null,
					isPresent("io.agroal.api.AgroalDataSource") ? new AgroalFinder() : null, new GetterFinder())
			.filter(Objects::nonNull)
			.toList();
	}

	private static boolean isPresent(String className) {
		return ClassUtils.isPresent(className, JdbcLocations.class.getClassLoader());
	}

	/** From the outermost wrapper to what opens connections. */
	private static final class Walk {

		private final Set<Object> visited = Collections.newSetFromMap(new IdentityHashMap<>());

		private final List<JdbcLocation> found = new ArrayList<>();

		private boolean signalling;

		@Nullable private AbstractRoutingDataSource router;

		void visit(@Nullable Object source) {
			if (source == null || !this.visited.add(source)) {
				return;
			}
			if (source instanceof CommitSignalling) {
				this.signalling = true;
			}
			else if (source instanceof AbstractRoutingDataSource routing) {
				visitTargets(routing);
			}
			else if (!visitLocation(source)) {
				visitInside(source);
			}
		}

		/**
		 * Those that were given inline, and those that are beans. One that replaces
		 * Spring's way to find them has none.
		 */
		private void visitTargets(AbstractRoutingDataSource routing) {
			this.router = (this.router != null) ? this.router : routing;
			try {
				routing.getResolvedDataSources().forEach((key, target) -> {
					int before = this.found.size();
					visit(target);
					this.found.subList(before, this.found.size())
						.replaceAll((inner) -> inner.routed(String.valueOf(key)));
				});
				visit(routing.getResolvedDefaultDataSource());
			}
			catch (IllegalStateException ex) {
				visit(routing.getResolvedDefaultDataSource());
				visitInside(routing);
			}
		}

		private boolean visitLocation(Object source) {
			for (Finder finder : FINDERS) {
				Object pooled = finder.pooled(source);
				if (pooled != null) {
					int before = this.found.size();
					visit(pooled);
					this.found.subList(before, this.found.size()).replaceAll((inner) -> finder.pool(source, inner));
					return true;
				}
				JdbcLocation location = finder.find(source);
				if (location != null) {
					this.found.add(location);
					return true;
				}
			}
			return false;
		}

		private void visitInside(Object source) {
			int before = this.found.size();
			visit(AopProxyUtils.getSingletonTarget(source));
			visit(Reflections.property(source, CommonDataSource.class, "getTargetDataSource", "getDataSource",
					"getConnectionPoolDataSource", "getWrappedDataSource", "getRealDataSource"));
			if (this.found.size() == before && !this.signalling) {
				Reflections.held(source).forEach(this::visit);
			}
		}

	}

	/** One kind of {@code DataSource}. */
	private interface Finder {

		/** The location, or null if this is another kind. */
		@Nullable JdbcLocation find(Object source);

		/** What the pool takes its connections from, if it tells. */
		default @Nullable Object pooled(Object source) {
			return null;
		}

		/** The location of what a pool takes its connections from, as used by it. */
		default JdbcLocation pool(Object source, JdbcLocation inner) {
			return inner;
		}

	}

	private static final class SpringFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(Object source) {
			return (source instanceof AbstractDriverBasedDataSource found)
					? location(found.getUrl(), found.getConnectionProperties(), false, List.of()) : null;
		}

	}

	private static final class SqliteFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(Object source) {
			return (source instanceof SQLiteDataSource found)
					? location(found.getUrl(), found.getConfig().toProperties(), false, List.of()) : null;
		}

	}

	private static final class HikariFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(Object source) {
			if (!(source instanceof HikariDataSource found)) {
				return null;
			}
			String url = (found.getDataSourceClassName() != null) ? found.getDataSourceProperties().getProperty("url")
					: found.getJdbcUrl();
			return location(url, found.getDataSourceProperties(), found.isReadOnly(), initSql(found));
		}

		@Override
		public @Nullable DataSource pooled(Object source) {
			return (source instanceof HikariDataSource found) ? found.getDataSource() : null;
		}

		@Override
		public JdbcLocation pool(Object source, JdbcLocation inner) {
			HikariDataSource pool = (HikariDataSource) source;
			return inner.pooled(pool.isReadOnly(), initSql(pool));
		}

		private static List<String> initSql(HikariDataSource pool) {
			return (pool.getConnectionInitSql() != null) ? List.of(pool.getConnectionInitSql()) : List.of();
		}

	}

	private static final class DbcpFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(Object source) {
			return (source instanceof BasicDataSource found)
					? location(found.getUrl(), Reflections.property(found, Properties.class, "getConnectionProperties"),
							Boolean.TRUE.equals(found.getDefaultReadOnly()), found.getConnectionInitSqls())
					: null;
		}

	}

	private static final class TomcatFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(Object source) {
			return (source instanceof PoolConfiguration found) ? location(found.getUrl(), found.getDbProperties(),
					Boolean.TRUE.equals(found.isDefaultReadOnly()), initSql(found.getInitSQL())) : null;
		}

		@Override
		public @Nullable Object pooled(Object source) {
			return (source instanceof PoolConfiguration found) ? found.getDataSource() : null;
		}

		@Override
		public JdbcLocation pool(Object source, JdbcLocation inner) {
			PoolConfiguration pool = (PoolConfiguration) source;
			return inner.pooled(Boolean.TRUE.equals(pool.isDefaultReadOnly()), initSql(pool.getInitSQL()));
		}

		private static List<String> initSql(@Nullable String sql) {
			return (sql != null) ? List.of(sql) : List.of();
		}

	}

	private static final class AgroalFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(Object source) {
			if (!(source instanceof AgroalDataSource found)) {
				return null;
			}
			AgroalConnectionPoolConfiguration pool = found.getConfiguration().connectionPoolConfiguration();
			AgroalConnectionFactoryConfiguration factory = pool.connectionFactoryConfiguration();
			String initSql = factory.initialSql();
			return location(factory.jdbcUrl(), factory.jdbcProperties(), factory.readOnly(),
					(initSql != null && !initSql.isEmpty()) ? List.of(initSql) : List.of());
		}

	}

	/** Druid, c3p0, Tomcat's own DBCP, and whatever else has a property for its URL. */
	private static final class GetterFinder implements Finder {

		@Override
		public @Nullable JdbcLocation find(Object source) {
			String url = Reflections.property(source, String.class, "getJdbcUrl", "getUrl", "getURL");
			if (url == null || !url.trim().regionMatches(true, 0, "jdbc:", 0, "jdbc:".length())) {
				return null;
			}
			Boolean readOnly = Reflections.property(source, Boolean.class, "getDefaultReadOnly", "isDefaultReadOnly");
			Collection<?> several = Reflections.property(source, Collection.class, "getConnectionInitSqls");
			String one = Reflections.property(source, String.class, "getConnectionInitSql", "getInitSQL");
			return location(url,
					Reflections.property(source, Properties.class, "getConnectProperties", "getConnectionProperties",
							"getProperties"),
					Boolean.TRUE.equals(readOnly), (several != null) ? several.stream().map(String::valueOf).toList()
							: (one != null) ? List.of(one) : List.of());
		}

	}

	private static @Nullable JdbcLocation location(@Nullable String url, @Nullable Properties properties,
			boolean readOnly, @Nullable Collection<String> initSql) {
		return (url != null) ? new JdbcLocation(url, (properties != null) ? properties : new Properties(), readOnly,
				(initSql != null) ? List.copyOf(initSql) : List.of()) : null;
	}

}
