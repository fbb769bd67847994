package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.replication.ReplicatedDatabases.Claim;
import org.litestream4j.boot.replication.ReplicatedDatabases.Origin;
import org.litestream4j.boot.replication.ReplicatedDatabases.Replicated;

/**
 * Decides what happens to a {@code DataSource} bean, makes it happen before the first
 * connection is opened, and undoes it when the bean is destroyed. Databases that are
 * named by their file come before any {@code DataSource}, and end after the last one.
 * Thread-safe.
 */
public class DataSourceReplicator implements InitializingBean, SmartInitializingSingleton, DisposableBean {

	private static final Logger logger = LoggerFactory.getLogger(DataSourceReplicator.class);

	private final ConfiguredDatabases configured;

	private final DatabaseStarter starter;

	private final ReplicatedDatabases databases;

	private final DataSourceBeans beans;

	private final DatabaseNames names;

	private final SkippedDataSources skipped = new SkippedDataSources();

	private final LateTargets lateTargets;

	private final DirectoryDatabases directories;

	/**
	 * By the {@code DataSource} bean as it was before it was wrapped. Guarded by this
	 * object's lock, as all that follows; no database is restored, started or stopped
	 * while it is held.
	 */
	private final IdentityHashMap<DataSource, Set<Replicated>> attached = new IdentityHashMap<>();

	private final Set<String> seen = new HashSet<>();

	private boolean othersCreated;

	private boolean warnedOfNoReplica;

	/**
	 * Creates a replicator.
	 * @param configured what is configured for which database
	 * @param starter restores and starts
	 * @param databases where each is noted
	 * @param directories where further ones are found
	 * @param beanFactory the application's beans
	 */
	public DataSourceReplicator(ConfiguredDatabases configured, DatabaseStarter starter, ReplicatedDatabases databases,
			DirectoryDatabases directories, ConfigurableListableBeanFactory beanFactory) {
		this.directories = directories;
		this.configured = configured;
		this.starter = starter;
		this.databases = databases;
		this.lateTargets = new LateTargets(databases, this::startLate);
		this.beans = new DataSourceBeans(beanFactory);
		this.names = new DatabaseNames(this.beans::isPrimary);
	}

	/** Starts what is named by its file, and what is in the directories. */
	@Override
	public void afterPropertiesSet() {
		try {
			this.configured.namedFiles().forEach(this::startNamed);
			this.directories.scan();
		}
		catch (RuntimeException ex) {
			destroy(); // which nobody does for a bean that fails to be created
			throw ex;
		}
	}

	private void startNamed(String name, Path path) {
		if (this.configured.isExcluded(name)) {
			logger.info("Database '{}' is excluded by litestream.databases.{}.enabled=false: it is not replicated",
					name, name);
			return;
		}
		if (!this.configured.hasReplicas(List.of(name))) {
			warnOfNoReplica(name);
			return;
		}
		Path file = DatabasePaths.resolve(name, path, this.configured.isRestored(List.of(name)));
		try (Claim claim = this.databases.claim(name, file)) {
			this.databases.findByFile(file).ifPresent((other) -> {
				throw StartupFailures.namedTwice(other.name(), name, file);
			});
			start(name, List.of(name), file, Map.of(), OpenFiles.contain(file), Origin.NAMED_FILE, claim);
		}
	}

	/**
	 * Starts replicating what a {@code DataSource} connects to, if that is to be.
	 * @return what the application is to use instead; maybe the same object
	 * @throws LitestreamStartupException if it is to be replicated and cannot be
	 */
	DataSource attach(String bean, DataSource dataSource) {
		JdbcLocations leads = JdbcLocations.find(dataSource);
		Map<Path, SqliteUrl.DatabaseFile> files = files(bean, dataSource, leads);
		if (files.isEmpty() && (leads.router() == null || !this.configured.hasReplicas(List.of(bean))
				|| this.configured.isExcluded(bean))) {
			return dataSource;
		}
		if (areOthersNeeded(bean, files.keySet())) {
			// Not under this object's lock, as another thread may hold the bean factory's
			this.beans.createAll();
		}
		return replicate(bean, dataSource, leads.router(), files);
	}

	/** What is to be replicated of what it leads to. */
	private synchronized Map<Path, SqliteUrl.DatabaseFile> files(String bean, DataSource dataSource,
			JdbcLocations leads) {
		this.seen.add(bean);
		if (leads.found().isEmpty() && leads.router() != null) {
			this.skipped.late(bean, dataSource.getClass().getName());
		}
		else if (leads.found().isEmpty() && !leads.signalling()) {
			this.skipped.unknown(bean, "(%s) does not tell its JDBC URL".formatted(dataSource.getClass().getName()));
		}
		Map<Path, SqliteUrl.DatabaseFile> files = new LinkedHashMap<>();
		for (JdbcLocation location : leads.found()) {
			SqliteUrl.DatabaseFile found = replicableFile(bean, location);
			if (found != null) {
				Path file = DatabasePaths.resolve(bean, found.path(),
						this.configured.isRestored(List.of(bean, String.valueOf(found.path().getFileName()))));
				files.put(file, found);
				if (location.lookupKey() != null) {
					this.names.noteLookupKey(file, location.lookupKey());
				}
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
		if (this.configured.isExcluded(bean)) {
			logger.info("DataSource '{}' is excluded by litestream.databases.{}.enabled=false: it is not replicated",
					bean, bean);
			this.skipped.leftAlone(bean, "is excluded");
			return null;
		}
		if (!this.configured.hasReplicas(namesOf(bean, url)) && !isReplicated(url)) {
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

	/** What was found in a directory, or registered, has replicas of its own. */
	private boolean isReplicated(SqliteUrl url) {
		return url instanceof SqliteUrl.DatabaseFile file
				&& this.databases.findByFile(Places.real(file.path())).isPresent();
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
		boolean noneAtAll = !this.configured.hasReplicas();
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

	private DataSource replicate(String bean, DataSource dataSource, @Nullable AbstractRoutingDataSource router,
			Map<Path, SqliteUrl.DatabaseFile> files) {
		Set<Replicated> replicated = new HashSet<>();
		boolean running = CommitSignals.isAlreadyOpen(dataSource);
		Set<Path> open = OpenFiles.among(files.keySet());
		try {
			for (Map.Entry<Path, SqliteUrl.DatabaseFile> each : files.entrySet()) {
				Path file = each.getKey();
				replicated.add(join(bean, dataSource, file, each.getValue().creationPragmas(),
						running || open.contains(file)));
			}
		}
		catch (LitestreamStartupException ex) {
			if (running || !open.isEmpty()) {
				closeQuietly(dataSource);
			}
			throw ex;
		}
		if (router != null) {
			use(dataSource, null);
			return CommitSignals.add(dataSource, this.lateTargets.signal(bean, dataSource, router));
		}
		return CommitSignals.add(dataSource, CommitsOf.all(replicated));
	}

	/** Notes that a {@code DataSource} uses a database, so that it stays as long. */
	private synchronized void use(DataSource dataSource, @Nullable Replicated replicated) {
		Set<Replicated> used = this.attached.computeIfAbsent(dataSource, (key) -> new HashSet<>());
		if (replicated != null) {
			used.add(replicated);
		}
	}

	private synchronized boolean isUsed(Replicated replicated) {
		return this.attached.values().stream().anyMatch((used) -> used.contains(replicated));
	}

	/** A second {@code DataSource} of one file shares the replication of the first. */
	private Replicated join(String bean, DataSource dataSource, Path file, Map<String, String> creationPragmas,
			boolean alreadyOpen) {
		String name = name(file);
		try (Claim claim = this.databases.claim(name, file)) {
			Replicated replicated = this.databases.findByFile(file).orElse(null);
			if (replicated == null) {
				replicated = start(name, names(file), file, creationPragmas, alreadyOpen, Origin.BEAN, claim);
			}
			else {
				logger.info("DataSource '{}' uses the database '{}', which is replicated already", bean,
						replicated.name());
			}
			use(dataSource, replicated);
			return replicated;
		}
	}

	/**
	 * Starts what a router leads to only now.
	 * @return false if that is not to be replicated, or the router is closed
	 */
	private boolean startLate(String bean, DataSource dataSource, JdbcLocation location) {
		SqliteUrl.DatabaseFile found;
		synchronized (this) {
			found = this.attached.containsKey(dataSource) ? replicableFile(bean, location) : null;
		}
		if (found == null) {
			return false;
		}
		Path file = DatabasePaths.resolve(bean, found.path(), false);
		synchronized (this) {
			if (location.lookupKey() != null) {
				this.names.noteLookupKey(file, location.lookupKey());
			}
		}
		join(bean, dataSource, file, found.creationPragmas(), true);
		return true;
	}

	private synchronized String name(Path file) {
		return this.names.choose(file);
	}

	private synchronized List<String> names(Path file) {
		return this.names.all(file);
	}

	private Replicated start(String name, List<String> names, Path file, Map<String, String> creationPragmas,
			boolean alreadyOpen, Origin origin, Claim claim) {
		DatabaseSettings settings = this.configured.resolve(name, names, file, creationPragmas);
		return this.starter.start(new DatabaseStarter.Request(settings, () -> alreadyOpen,
				names.stream().filter((other) -> !other.equals(name)).toList(),
				(other) -> this.configured.resolve(other, names, file, creationPragmas), origin), claim);
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
		List<String> unmatched = this.configured.unmatchedKeys(known);
		if (!unmatched.isEmpty() && this.directories.areWatched()) {
			logger.warn("No DataSource bean and no database has the name of litestream.databases.{} yet: check the name"
					+ " unless such a database is to appear in one of litestream.directories", unmatched);
		}
		else if (!unmatched.isEmpty()) {
			throw StartupFailures.unmatchedKeys(unmatched, known);
		}
		if (!this.configured.hasReplicas()) {
			return;
		}
		List<String> unseen = all.stream().filter((bean) -> !this.seen.contains(bean)).toList();
		unseen.stream()
			.filter(this.beans::isCreated)
			.forEach((bean) -> this.skipped.unknown(bean, "was created before the starter could see it"));
		boolean moreToCome = this.directories.areWatched()
				|| unseen.stream().anyMatch((bean) -> !this.beans.isCreated(bean));
		this.skipped.report(this.databases.all().isEmpty(), this.configured.restoresAny(), moreToCome);
	}

	/**
	 * Ships what is left and stops replicating, if no other {@code DataSource} uses the
	 * database. All users of the {@code DataSource} are gone by now, but it is still
	 * open.
	 */
	void detach(DataSource dataSource) {
		Set<Replicated> left;
		synchronized (this) {
			left = this.attached.remove(dataSource);
		}
		if (left != null) {
			this.databases.stopAll(left.stream().filter((each) -> each.origin() == Origin.BEAN).toList(), this::isUsed);
		}
	}

	/**
	 * Why databases that were found at run time are not replicated although they should
	 * be, in sentences.
	 */
	public List<String> problems() {
		return Stream.concat(this.directories.problems().stream(), this.lateTargets.problems().stream()).toList();
	}

	/**
	 * Stops what is named by its file or was registered, and what a start-up that failed
	 * has left.
	 */
	@Override
	public void destroy() {
		synchronized (this) {
			this.attached.clear();
		}
		this.directories.stop();
		this.databases.close();
	}

}
