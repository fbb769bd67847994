package org.litestream4j.boot.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.util.unit.DataSize;

import org.litestream4j.BackupFormat;
import org.litestream4j.Fencing;
import org.litestream4j.OnDivergence;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreTime;
import org.litestream4j.boot.OnFenced;
import org.litestream4j.boot.OnTimeout;

/**
 * Properties of the replication of SQLite databases.
 *
 * @param enabled Whether SQLite databases are replicated. If not, the starter does
 * nothing at all.
 * @param restoreIfMissing Whether to restore the newest state from a replica, before the
 * first connection is opened, if the database file is missing, zero bytes long, or was
 * created and never used. Without any backup the application starts with a new database.
 * Start-up fails if a replica cannot be read or a backup cannot be restored.
 * @param monitorInterval How often to look for changes that other processes made. The
 * application's own commits are noticed at once.
 * @param syncInterval Least time between two segments written to one replica. The first
 * commit after a pause is shipped at once.
 * @param checkpointInterval A new WAL index is started at least this often while there
 * are changes.
 * @param minCheckpointPageCount WAL size, in pages, at which a checkpoint is tried.
 * @param maxCheckpointPageCount WAL size, in pages, at which checkpointing is tried at
 * every sync and a warning names what holds it back.
 * @param truncatePageCount WAL file size, in pages, past which the file is also
 * truncated; at 1 GiB it is in any case.
 * @param busyTimeout How long the engine itself waits for SQLite's locks.
 * @param shutdownSyncTimeout How long a clean shutdown tries to ship what is left. What
 * could not be shipped is logged as a warning with the position.
 * @param metaDirectory Directory of local state and shadow WAL. By default beside the
 * database, for app.db it is '.app.db-litestream'. A relative one is below the working
 * directory. A '{database}' in it stands for the database's name.
 * @param maxShadowWalSize Bound on local buffering while a replica is unreachable. Past
 * it the generation is given up, and a new one starts when the replica is back.
 * @param minFreeSpace What local buffering leaves free on the disk of the meta directory,
 * which is mostly the database's. Below it the generation is given up, and a new one
 * starts when twice as much is free. 0 for none.
 * @param onDivergence What a start does when a replica that somebody else wrote to, or
 * that holds more, does not hold what the local database holds: 'fail'; 'restore', which
 * moves the local files aside and restores the replica; or 'new-generation', with which
 * the local database wins. Nothing is deleted.
 * @param onFenced What the application does when somebody else has taken a replica over:
 * 'keep-serving'; 'read-only', with which its connections refuse to write; or 'shutdown',
 * which closes the application context.
 * @param lease How politely a replica that somebody else owns is taken over.
 * @param replicatedCommit Commits that return only when replicas hold them.
 * @param restore What restore-if-missing restores, and how every restore works.
 * @param endpoint The actuator endpoint.
 * @param health The health indicator.
 * @param heartbeat Tells a dead man's switch that backups go well.
 * @param replicas Where to replicate to. A '{database}' in a url or path stands for the
 * database's name, which is that of the DataSource bean.
 * @param databases Settings for single databases, by the name of the DataSource bean, in
 * any notation; with a path, by any name. What is not given is inherited.
 * @param directories Directories in which every database that appears is replicated, and
 * let go when it disappears.
 */
@ConfigurationProperties("litestream")
public record LitestreamProperties(@DefaultValue("true") boolean enabled,
		@DefaultValue("false") boolean restoreIfMissing, @DefaultValue("1s") Duration monitorInterval,
		@DefaultValue("1s") Duration syncInterval, @DefaultValue("1m") Duration checkpointInterval,
		@DefaultValue("1000") int minCheckpointPageCount, @DefaultValue("10000") int maxCheckpointPageCount,
		@DefaultValue("121359") int truncatePageCount, @DefaultValue("1s") Duration busyTimeout,
		@DefaultValue("30s") Duration shutdownSyncTimeout, @Nullable String metaDirectory,
		@DefaultValue("1GB") DataSize maxShadowWalSize, @DefaultValue("64MB") DataSize minFreeSpace,
		@DefaultValue("fail") OnDivergence onDivergence, @DefaultValue("keep-serving") OnFenced onFenced,
		@DefaultValue Lease lease, @DefaultValue ReplicatedCommit replicatedCommit, @DefaultValue Restore restore,
		@DefaultValue Endpoint endpoint, @DefaultValue Health health, @DefaultValue Heartbeat heartbeat,
		@DefaultValue List<Replica> replicas, @DefaultValue Map<String, Database> databases,
		@DefaultValue List<Directory> directories) {

	/**
	 * How politely replicas are taken over. What is safe does not depend on it.
	 *
	 * @param enabled Whether a start waits for an owner that is alive, and an owner looks
	 * whether somebody waits. Without it nothing is asked of a store while nothing is
	 * committed, and whoever starts takes over at once.
	 * @param duration How long an owner that says nothing counts as alive. Every third of
	 * it, an owner looks whether somebody waits.
	 * @param longestWait How long a start waits for an owner that is alive to hand over,
	 * before it fails.
	 */
	public record Lease(@DefaultValue("true") boolean enabled, @DefaultValue("30s") Duration duration,
			@Name("wait") @DefaultValue("60s") Duration longestWait) {
	}

	/**
	 * Commits that return only when replicas hold them.
	 *
	 * @param enabled Whether every commit through a DataSource that has written something
	 * does, and not only those of methods with @ReplicatedCommit or in
	 * Litestream.replicated.
	 * @param replicas How many replicas are to hold a commit, whichever.
	 * @param timeout How long a commit waits.
	 * @param onTimeout What becomes of a commit that replicas do not hold in time, and
	 * which has taken place here all the same: 'warn', with which it returns, and others
	 * do not wait until the replicas have caught up; or 'fail', with which it throws.
	 */
	public record ReplicatedCommit(@DefaultValue("false") boolean enabled, @DefaultValue("1") int replicas,
			@DefaultValue("5s") Duration timeout, @DefaultValue("warn") OnTimeout onTimeout) {
	}

	/**
	 * What to restore, and how.
	 *
	 * @param timestamp Restore the state as of this time rather than the newest one, for
	 * example 2026-11-22T10:15:30Z, or 2026-11-22 10:15, which is in the machine's zone.
	 * @param generation Restore from this generation: 16 lower-case hexadecimal digits.
	 * @param index Restore up to and including this WAL index of the generation.
	 * @param txid Restore an LTX replica up to and including this transaction rather than
	 * to the newest one: 16 hexadecimal digits, in YAML in quotes.
	 * @param replica Restore from the replica of this name rather than from the one with
	 * the newest state.
	 * @param parallelism Objects fetched at once, 1 to 256. Up to six of at most 128 KB
	 * count as one.
	 * @param integrityCheck Check that is run on the restored file before it is moved
	 * into place.
	 */
	public record Restore(@Nullable RestoreTime timestamp, @Nullable String generation, @Nullable Integer index,
			@Nullable String txid, @Nullable String replica, @DefaultValue("16") int parallelism,
			@DefaultValue("quick") IntegrityCheck integrityCheck) {
	}

	/**
	 * The actuator endpoint.
	 *
	 * @param restoreDirectory The only directory below which the endpoint may write a
	 * restored database; the database must not be in it. By default 'restores' in the
	 * meta-directory.
	 * @param maxTimeout The longest time that a request to the endpoint may ask to wait.
	 */
	public record Endpoint(@Nullable String restoreDirectory, @DefaultValue("5m") Duration maxTimeout) {
	}

	/**
	 * The health indicator.
	 *
	 * @param maxLag Health is DOWN if the oldest commit that a replica lacks is older
	 * than this.
	 */
	public record Health(@DefaultValue("1m") Duration maxLag) {
	}

	/**
	 * Tells a dead man's switch that backups go well.
	 *
	 * @param url Is asked for by HTTP while all databases are replicated, to all their
	 * replicas, and no validation has failed; not at all else. Whoever waits for it
	 * raises an alarm when it is not. It is treated as a secret. By default there is
	 * none.
	 * @param interval How often the url is asked for, at most.
	 */
	public record Heartbeat(@Nullable String url, @DefaultValue("1m") Duration interval) {
	}

	/**
	 * A place to replicate to: a url, or a type and parts.
	 *
	 * @param url Where the backup goes: file:///directory or s3://bucket/prefix.
	 * @param type Kind of store, if no url is given: file or s3.
	 * @param name Name of the replica, unique per database. By default the type; two of
	 * one type need names.
	 * @param path Directory, or for s3 the key prefix within the bucket.
	 * @param bucket S3 bucket.
	 * @param region S3 region. By default that of the application's own S3Client.
	 * @param endpoint Address of a store that speaks S3. By default that of the
	 * application's own S3Client.
	 * @param forcePathStyle Whether the bucket is part of the path rather than of the
	 * host name. By default only for stores other than AWS.
	 * @param accessKeyId S3 access key id. By default the credentials of the
	 * application's own S3Client.
	 * @param secretAccessKey S3 secret access key.
	 * @param sessionToken S3 session token, which belongs to an access key that expires.
	 * By default none.
	 * @param sslBundle Name of the SSL bundle (spring.ssl.bundle.*) that says which
	 * certificates of an S3 store are trusted, and which one is shown to it. By default
	 * the JVM's own trust store.
	 * @param serverSideEncryption Encryption that S3 is asked for: AES256, aws:kms or
	 * aws:kms:dsse. By default that of the bucket.
	 * @param kmsKeyId Key for aws:kms. By default the account's own key.
	 * @param bucketKeyEnabled Whether aws:kms uses a bucket key, which saves KMS
	 * requests. By default that of the bucket.
	 * @param snapshotStorageClass S3 storage class of snapshots, for example STANDARD_IA.
	 * By default that of the bucket.
	 * @param tags Tags that are set on every S3 object, 10 at most.
	 * @param partSize Size of the parts of a multipart upload to S3, 5MB to 1GB. This
	 * much memory is used for each object that is being written.
	 * @param properties What else the store has to know, by the names that it gives. A
	 * '{database}' in a value stands for the database's name. By default nothing.
	 * @param syncInterval Least time between two segments written to this replica. By
	 * default litestream.sync-interval.
	 * @param snapshotInterval Time between two snapshots.
	 * @param retention How far back every state stays restorable, as a duration; 'off' to
	 * keep everything and delete nothing, for credentials without a right to delete.
	 * @param retentionCheckInterval How often objects that are older than the retention
	 * are looked for and deleted.
	 * @param validationInterval How often the backup is restored and compared with the
	 * database. By default never.
	 * @param fencing Whether the replica is protected from being written by two at once:
	 * 'auto', where the store can do that, else with a warning; 'required', where a store
	 * that cannot fails the start; or 'off'.
	 * @param format Format in which the replica is written: 'v3', that of Litestream
	 * v0.3, or 'ltx', that of Litestream v0.5. By default that of what is there, of two
	 * formats the newer one, and 'v3' where nothing is.
	 * @param ltx How a replica in the format 'ltx' is kept small.
	 */
	@ConfigurationPropertiesSource
	public record Replica(@Nullable String url, @Nullable String type, @Nullable String name, @Nullable String path,
			@Nullable String bucket, @Nullable String region, @Nullable String endpoint,
			@Nullable Boolean forcePathStyle, @Nullable String accessKeyId, @Nullable String secretAccessKey,
			@Nullable String sessionToken, @Nullable String sslBundle, @Nullable String serverSideEncryption,
			@Nullable String kmsKeyId, @Nullable Boolean bucketKeyEnabled, @Nullable String snapshotStorageClass,
			@DefaultValue Map<String, String> tags, @DefaultValue("8MB") DataSize partSize,
			@DefaultValue Map<String, String> properties, @Nullable Duration syncInterval,
			@DefaultValue("24h") Duration snapshotInterval, @DefaultValue("24h") String retention,
			@DefaultValue("1h") Duration retentionCheckInterval, @Nullable Duration validationInterval,
			@DefaultValue("auto") Fencing fencing, @Nullable BackupFormat format, @DefaultValue Ltx ltx) {

		/** Leaves out the credentials. */
		@Override
		public String toString() {
			return "Replica[url=%s, type=%s, name=%s, path=%s, bucket=%s]".formatted(this.url, this.type, this.name,
					this.path, this.bucket);
		}

		/**
		 * How a replica in the format 'ltx' is kept small.
		 *
		 * @param level0Retention How long single transactions stay, though a higher level
		 * has them: others may read them one by one.
		 * @param levelIntervals How often the files of each level are made into one of
		 * the next: those of level 0, 1 and 2.
		 */
		public record Ltx(@DefaultValue("1h") Duration level0Retention, @DefaultValue( {
				"30s", "5m", "1h" }) List<Duration> levelIntervals){
		}

	}

	/**
	 * A directory with databases of the application's own making, as one for each tenant.
	 *
	 * @param path The directory. Names that begin with a dot, symbolic links in it, and
	 * what SQLite keeps beside a database are left out. It may be missing.
	 * @param pattern Which files are taken, by their name: a glob such as '*.db' or
	 * '*.{db,sqlite}'. A file that is not a SQLite database is left alone.
	 * @param recursive Whether the directories in it count, too.
	 * @param interval How often to look for databases that have appeared or disappeared.
	 * @param url Where the backups go, with '{database}' for the name of each database:
	 * its path below the directory, without the ending of the pattern.
	 * @param replicas Where the backups go, instead of a url: as litestream.replicas,
	 * each with '{database}' in its url or path.
	 */
	@ConfigurationPropertiesSource
	public record Directory(@Nullable String path, @DefaultValue("*.db") String pattern,
			@DefaultValue("false") boolean recursive, @DefaultValue("10s") Duration interval, @Nullable String url,
			@DefaultValue List<Replica> replicas) {
	}

	/**
	 * Settings for one database. What is not given is inherited from the setting of the
	 * same name directly below 'litestream'.
	 *
	 * @param path The database file. The database is then restored before any DataSource
	 * bean is created, and replicated whether or not one uses it; the key is its name.
	 * @param enabled Whether this database is replicated.
	 * @param restoreIfMissing Overrides litestream.restore-if-missing.
	 * @param monitorInterval Overrides litestream.monitor-interval.
	 * @param syncInterval Overrides litestream.sync-interval.
	 * @param checkpointInterval Overrides litestream.checkpoint-interval.
	 * @param minCheckpointPageCount Overrides litestream.min-checkpoint-page-count.
	 * @param maxCheckpointPageCount Overrides litestream.max-checkpoint-page-count.
	 * @param truncatePageCount Overrides litestream.truncate-page-count.
	 * @param busyTimeout Overrides litestream.busy-timeout.
	 * @param shutdownSyncTimeout Overrides litestream.shutdown-sync-timeout.
	 * @param metaDirectory Overrides litestream.meta-directory.
	 * @param maxShadowWalSize Overrides litestream.max-shadow-wal-size.
	 * @param minFreeSpace Overrides litestream.min-free-space.
	 * @param onDivergence Overrides litestream.on-divergence.
	 * @param onFenced Overrides litestream.on-fenced.
	 * @param lease Overrides parts of litestream.lease.
	 * @param replicatedCommit Overrides parts of litestream.replicated-commit.
	 * @param restore Overrides parts of litestream.restore.
	 * @param endpoint Overrides parts of litestream.endpoint.
	 * @param health Overrides litestream.health.
	 * @param replicas Replaces litestream.replicas for this database.
	 */
	@ConfigurationPropertiesSource
	public record Database(@Nullable String path, @DefaultValue("true") boolean enabled,
			@Nullable Boolean restoreIfMissing, @Nullable Duration monitorInterval, @Nullable Duration syncInterval,
			@Nullable Duration checkpointInterval, @Nullable Integer minCheckpointPageCount,
			@Nullable Integer maxCheckpointPageCount, @Nullable Integer truncatePageCount,
			@Nullable Duration busyTimeout, @Nullable Duration shutdownSyncTimeout, @Nullable String metaDirectory,
			@Nullable DataSize maxShadowWalSize, @Nullable DataSize minFreeSpace, @Nullable OnDivergence onDivergence,
			@Nullable OnFenced onFenced, @DefaultValue DatabaseLease lease,
			@DefaultValue DatabaseReplicatedCommit replicatedCommit, @DefaultValue DatabaseRestore restore,
			@DefaultValue DatabaseEndpoint endpoint, @DefaultValue DatabaseHealth health,
			@DefaultValue List<Replica> replicas) {
	}

	/**
	 * How politely the replicas of one database are taken over.
	 *
	 * @param enabled Overrides litestream.lease.enabled.
	 * @param duration Overrides litestream.lease.duration.
	 * @param longestWait Overrides litestream.lease.wait.
	 */
	public record DatabaseLease(@Nullable Boolean enabled, @Nullable Duration duration,
			@Name("wait") @Nullable Duration longestWait) {
	}

	/**
	 * Commits to one database that return only when replicas hold them.
	 *
	 * @param enabled Overrides litestream.replicated-commit.enabled.
	 * @param replicas Overrides litestream.replicated-commit.replicas.
	 * @param timeout Overrides litestream.replicated-commit.timeout.
	 * @param onTimeout Overrides litestream.replicated-commit.on-timeout.
	 */
	public record DatabaseReplicatedCommit(@Nullable Boolean enabled, @Nullable Integer replicas,
			@Nullable Duration timeout, @Nullable OnTimeout onTimeout) {
	}

	/**
	 * What to restore for one DataSource bean, and how.
	 *
	 * @param timestamp Overrides litestream.restore.timestamp.
	 * @param generation Overrides litestream.restore.generation.
	 * @param index Overrides litestream.restore.index.
	 * @param txid Overrides litestream.restore.txid.
	 * @param replica Overrides litestream.restore.replica.
	 * @param parallelism Overrides litestream.restore.parallelism.
	 * @param integrityCheck Overrides litestream.restore.integrity-check.
	 */
	public record DatabaseRestore(@Nullable RestoreTime timestamp, @Nullable String generation, @Nullable Integer index,
			@Nullable String txid, @Nullable String replica, @Nullable Integer parallelism,
			@Nullable IntegrityCheck integrityCheck) {
	}

	/**
	 * What the actuator endpoint may do for one DataSource bean.
	 *
	 * @param restoreDirectory Overrides litestream.endpoint.restore-directory.
	 * @param maxTimeout Overrides litestream.endpoint.max-timeout.
	 */
	public record DatabaseEndpoint(@Nullable String restoreDirectory, @Nullable Duration maxTimeout) {
	}

	/**
	 * The health of one DataSource bean's replication.
	 *
	 * @param maxLag Overrides litestream.health.max-lag.
	 */
	public record DatabaseHealth(@Nullable Duration maxLag) {
	}

}
