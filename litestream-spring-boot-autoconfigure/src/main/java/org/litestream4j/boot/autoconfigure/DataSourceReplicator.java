package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.SmartInitializingSingleton;

import org.litestream4j.boot.autoconfigure.ReplicatedDatabases.Replicated;

/**
 * Decides what happens to a {@code DataSource} bean, makes it happen before the first
 * connection is opened, and undoes it when the bean is destroyed. Databases that are
 * named by their file come before any {@code DataSource}, and end after the last one.
 * Thread-safe.
 */
class DataSourceReplicator implements InitializingBean, SmartInitializingSingleton, DisposableBean {

	private static final Logger logger = LoggerFactory.getLogger(DataSourceReplicator.class);

	private final SettingsResolver resolver;

	private final DatabaseStarter starter;

	private final ReplicatedDatabases databases;

	private final DataSourceBeans beans;

	private final DatabaseNames names;

	private final SkippedDataSources skipped = new SkippedDataSources();

	/** By the {@code DataSource} bean as it was before it was wrapped. */
	private final IdentityHashMap<DataSource, Collection<Replicated>> attached = new IdentityHashMap<>();

	/** Those that are named by their file. */
	private final Set<Replicated> lasting = new HashSet<>();

	private final Set<String> seen = new HashSet<>();

	private boolean othersCreated;

	private boolean warnedOfNoReplica;

	DataSourceReplicator(SettingsResolver resolver, DatabaseStarter starter, ReplicatedDatabases databases,
			DataSourceBeans beans) {
		this.resolver = resolver;
		this.starter = starter;
		this.databases = databases;
		this.beans = beans;
		this.names = new DatabaseNames(beans::isPrimary);
	}

	/** Starts what is named by its file. */
	@Override
	public synchronized void afterPropertiesSet() {
		try {
			this.resolver.namedFiles().forEach(this::startNamed);
		}
		catch (RuntimeException ex) {
			destroy(); // which nobody does for a bean that fails to be created
			throw ex;
		}
	}

	private void startNamed(String name, Path path) {
		if (this.resolver.isExcluded(name)) {
			logger.info("Database '{}' is excluded by litestream.databases.{}.enabled=false: it is not replicated",
					name, name);
			return;
		}
		if (!this.resolver.hasReplicas(List.of(name))) {
			warnOfNoReplica(name);
			return;
		}
		Path file = DatabasePaths.resolve(name, path, this.resolver.isRestored(List.of(name)));
		this.databases.findByFile(file).ifPresent((other) -> {
			throw StartupFailures.namedTwice(other.name(), name, file);
		});
		this.lasting.add(start(name, List.of(name), file, Map.of(), OpenFiles.contain(file)));
	}

	/**
	 * Starts replicating what a {@code DataSource} connects to, if that is to be.
	 * @return what the application is to use instead; maybe the same object
	 * @throws LitestreamStartupException if it is to be replicated and cannot be
	 */
	DataSource attach(String bean, DataSource dataSource) {
		Map<Path, SqliteUrl.DatabaseFile> files = files(bean, dataSource);
		if (files.isEmpty()) {
			return dataSource;
		}
		if (areOthersNeeded(bean, files.keySet())) {
			// Not under this object's lock, as another thread may hold the bean factory's
			this.beans.createAll();
		}
		return replicate(bean, dataSource, files);
	}

	/** What is to be replicated of what it leads to. */
	private synchronized Map<Path, SqliteUrl.DatabaseFile> files(String bean, DataSource dataSource) {
		this.seen.add(bean);
		JdbcLocations leads = JdbcLocations.find(dataSource);
		if (leads.found().isEmpty() && !leads.signalling()) {
			this.skipped.unknown(bean, "(%s) does not tell its JDBC URL".formatted(dataSource.getClass().getName()));
		}
		Map<Path, SqliteUrl.DatabaseFile> files = new LinkedHashMap<>();
		for (JdbcLocation location : leads.found()) {
			SqliteUrl.DatabaseFile found = replicableFile(bean, location);
			if (found != null) {
				files.put(
						DatabasePaths.resolve(bean, found.path(),
								this.resolver.isRestored(List.of(bean, String.valueOf(found.path().getFileName())))),
						found);
			}
		}
		if (files.size() == 1 && leads.found().size() == 1) {
			this.names.note(files.keySet().iterator().next(), bean);
		}
		return files;
	}

	private SqliteUrl.@Nullable DatabaseFile replicableFile(String bean, JdbcLocation location) {
		SqliteUrl url = SqliteUrl.parse(location);
		if (url instanceof SqliteUrl.Foreign foreign) {
			noteForeign(bean, foreign);
			return null;
		}
		if (url instanceof SqliteUrl.LeftAlone leftAlone) {
			logger.info("The SQLite database of DataSource '{}' {}: it is not replicated", bean, leftAlone.reason());
			this.skipped.leftAlone(bean, leftAlone.reason());
			return null;
		}
		if (this.resolver.isExcluded(bean)) {
			logger.info("DataSource '{}' is excluded by litestream.databases.{}.enabled=false: it is not replicated",
					bean, bean);
			this.skipped.leftAlone(bean, "is excluded");
			return null;
		}
		if (!this.resolver.hasReplicas(namesOf(bean, url))) {
			warnOfNoReplica(bean);
			this.skipped.leftAlone(bean, "has no replica");
			return null;
		}
		if (url instanceof SqliteUrl.Refused refused) {
			throw StartupFailures.settingRefused(bean, refused);
		}
		if (url instanceof SqliteUrl.NotAPath notAPath) {
			throw StartupFailures.notAPath(bean, notAPath.reason());
		}
		SqliteUrl.DatabaseFile file = (SqliteUrl.DatabaseFile) url;
		warnOfAutocheckpoint(bean, file.autocheckpoint());
		return file;
	}

	private void noteForeign(String bean, SqliteUrl.Foreign foreign) {
		if (foreign.maybeSqlite()) {
			this.skipped.unknown(bean, "has a JDBC URL that may lead to SQLite through an unknown driver");
		}
		else {
			this.skipped.leftAlone(bean, "is for another database engine");
		}
	}

	private List<String> namesOf(String bean, SqliteUrl url) {
		return (url instanceof SqliteUrl.DatabaseFile file) ? List.of(bean, String.valueOf(file.path().getFileName()))
				: List.of(bean);
	}

	private void warnOfNoReplica(String name) {
		boolean noneAtAll = !this.resolver.hasReplicas();
		if (noneAtAll && this.warnedOfNoReplica) {
			return;
		}
		this.warnedOfNoReplica |= noneAtAll;
		logger.warn(
				"No replica is configured{}: nothing is replicated. Set litestream.replicas[0].url,"
						+ " or litestream.enabled=false to silence this",
				noneAtAll ? "" : " for DataSource '" + name + "'");
	}

	private static void warnOfAutocheckpoint(String bean, String value) {
		if (!value.equals("0")) {
			logger.warn("DataSource '{}' sets wal_autocheckpoint={}: remove it, as checkpointing is up to the"
					+ " replication, and attempts of the application's own are in vain and slow its commits down", bean,
					value);
		}
	}

	/**
	 * Whether another bean may use one of the files, and would then have a say in its
	 * name.
	 */
	private synchronized boolean areOthersNeeded(String bean, Set<Path> files) {
		boolean known = files.stream().allMatch((file) -> this.databases.findByFile(file).isPresent());
		if (this.othersCreated || known || this.beans.isPrimary(bean)) {
			return false;
		}
		this.othersCreated = true;
		return true;
	}

	private synchronized DataSource replicate(String bean, DataSource dataSource,
			Map<Path, SqliteUrl.DatabaseFile> files) {
		Set<Replicated> replicated = new HashSet<>();
		boolean running = CommitSignals.isAlreadyOpen(dataSource);
		boolean open = running;
		try {
			for (Map.Entry<Path, SqliteUrl.DatabaseFile> each : files.entrySet()) {
				Path file = each.getKey();
				open |= OpenFiles.contain(file);
				boolean alreadyOpen = running || OpenFiles.contain(file);
				replicated.add(join(bean, file, each.getValue().creationPragmas(), alreadyOpen));
			}
		}
		catch (LitestreamStartupException ex) {
			if (open) {
				closeQuietly(dataSource);
			}
			throw ex;
		}
		this.attached.put(dataSource, List.copyOf(replicated));
		return CommitSignals.add(dataSource, () -> replicated.forEach((each) -> each.database().changed()));
	}

	/** A second {@code DataSource} of one file shares the replication of the first. */
	private Replicated join(String bean, Path file, Map<String, String> creationPragmas, boolean alreadyOpen) {
		Replicated present = this.databases.findByFile(file).orElse(null);
		if (present == null) {
			return start(this.names.choose(file), this.names.all(file), file, creationPragmas, alreadyOpen);
		}
		logger.info("DataSource '{}' uses the database '{}', which is replicated already", bean, present.name());
		return present;
	}

	private Replicated start(String name, List<String> names, Path file, Map<String, String> creationPragmas,
			boolean alreadyOpen) {
		this.databases.find(name).ifPresent((other) -> {
			throw StartupFailures.nameTaken(name, file, other.file());
		});
		DatabaseSettings settings = this.resolver.resolve(name, names, file, creationPragmas);
		Replicated replicated = this.starter.start(new DatabaseStarter.Request(settings, alreadyOpen,
				names.stream().filter((other) -> !other.equals(name)).toList(),
				(other) -> this.resolver.resolve(other, names, file, creationPragmas)), this.databases.all());
		this.databases.add(replicated);
		return replicated;
	}

	/** A bean that fails to be created is not destroyed, but its pool runs already. */
	private static void closeQuietly(DataSource dataSource) {
		if (dataSource instanceof AutoCloseable pool) {
			try {
				pool.close();
			}
			catch (Exception ex) {
				logger.debug("The connection pool could not be closed", ex);
			}
		}
	}

	/**
	 * All beans that are created at the start are there.
	 * @throws LitestreamStartupException if the configuration means something else than
	 * what was found
	 */
	@Override
	public synchronized void afterSingletonsInstantiated() {
		List<String> all = this.beans.names();
		Set<String> known = new TreeSet<>(all);
		this.databases.all().forEach((replicated) -> known.add(replicated.name()));
		List<String> unmatched = this.resolver.unmatchedKeys(known);
		if (!unmatched.isEmpty()) {
			throw StartupFailures.unmatchedKeys(unmatched, known);
		}
		if (!this.resolver.hasReplicas()) {
			return;
		}
		List<String> unseen = all.stream().filter((bean) -> !this.seen.contains(bean)).toList();
		unseen.stream()
			.filter(this.beans::isCreated)
			.forEach((bean) -> this.skipped.unknown(bean, "was created before the starter could see it"));
		boolean moreToCome = unseen.stream().anyMatch((bean) -> !this.beans.isCreated(bean));
		this.skipped.report(this.databases.all().isEmpty(), this.resolver.restoresAny(), moreToCome);
	}

	/**
	 * Ships what is left and stops replicating, if no other {@code DataSource} uses the
	 * database. All users of the {@code DataSource} are gone by now, but it is still
	 * open.
	 */
	synchronized void detach(DataSource dataSource) {
		Collection<Replicated> left = this.attached.remove(dataSource);
		if (left != null) {
			left.stream()
				.filter((each) -> !this.lasting.contains(each))
				.filter((each) -> this.attached.values().stream().noneMatch((others) -> others.contains(each)))
				.forEach(this::stop);
		}
	}

	/** Stops what is named by its file, and what a start-up that failed has left. */
	@Override
	public synchronized void destroy() {
		this.attached.clear();
		this.lasting.clear();
		this.databases.all().forEach(this::stop);
	}

	private void stop(Replicated replicated) {
		this.databases.remove(replicated);
		replicated.database().close();
		this.databases.closed(replicated);
	}

}
