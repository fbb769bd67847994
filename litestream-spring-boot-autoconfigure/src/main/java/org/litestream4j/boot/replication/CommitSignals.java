package org.litestream4j.boot.replication;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.DriverDataSource;
import com.zaxxer.hikari.util.PropertyElf;
import org.sqlite.SQLiteDataSource;
import org.sqlite.javax.SQLiteConnectionPoolDataSource;

import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.util.ClassUtils;

import org.litestream4j.boot.jdbc.CommitSignal;
import org.litestream4j.boot.jdbc.CommitSignalling;
import org.litestream4j.boot.jdbc.Commits;
import org.litestream4j.boot.jdbc.SignallingDataSource;

/**
 * Makes a {@code DataSource} signal commits where that disturbs least: inside a Hikari
 * pool that has not started, which then stays the bean that it is, else around the
 * {@code DataSource}, by an object of the same class.
 */
final class CommitSignals {

	private static final boolean HIKARI = ClassUtils.isPresent("com.zaxxer.hikari.HikariDataSource",
			CommitSignals.class.getClassLoader());

	private CommitSignals() {
	}

	/** Whether a pool is known to have started. */
	static boolean isAlreadyOpen(DataSource dataSource) {
		return HIKARI && Hikari.isRunning(dataSource);
	}

	static DataSource add(DataSource dataSource, Commits commits) {
		if (HIKARI && Hikari.add(dataSource, commits)) {
			return dataSource;
		}
		return CommitSignalling.around(dataSource, commits);
	}

	/** For one whose connections lead to several databases: around it. */
	static DataSource add(DataSource dataSource, CommitSignal signal) {
		return CommitSignalling.around(dataSource, signal);
	}

	/** Loaded only if the pool is on the class path. */
	private static final class Hikari {

		static boolean isRunning(DataSource dataSource) {
			HikariDataSource hikari = DataSourceUnwrapper.unwrap(dataSource, HikariDataSource.class);
			return hikari != null && hikari.isRunning();
		}

		static boolean add(DataSource dataSource, Commits commits) {
			HikariDataSource hikari = DataSourceUnwrapper.unwrap(dataSource, HikariDataSource.class);
			if (hikari == null || hikari.isRunning() || hikari.getDataSourceJNDI() != null) {
				return false;
			}
			hikari.setDataSource(new SignallingDataSource(source(hikari), commits));
			return true;
		}

		/** What the pool would have made for itself. */
		private static DataSource source(HikariDataSource hikari) {
			if (hikari.getDataSource() != null) {
				return hikari.getDataSource();
			}
			if (hikari.getDataSourceClassName() != null) {
				boolean pooled = hikari.getDataSourceClassName().equals(SQLiteConnectionPoolDataSource.class.getName());
				SQLiteDataSource source = pooled ? new SQLiteConnectionPoolDataSource() : new SQLiteDataSource();
				PropertyElf.setTargetFromProperties(source, hikari.getDataSourceProperties());
				return source;
			}
			return new DriverDataSource(hikari.getJdbcUrl(), hikari.getDriverClassName(),
					hikari.getDataSourceProperties(), hikari.getUsername(), hikari.getPassword());
		}

	}

}
