package org.litestream4j.boot.autoconfigure;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

import javax.sql.DataSource;

import com.alibaba.druid.pool.DruidDataSource;
import com.mchange.v2.c3p0.ComboPooledDataSource;
import com.p6spy.engine.spy.P6DataSource;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import net.ttddyy.dsproxy.support.ProxyDataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.apache.commons.dbcp2.cpdsadapter.DriverAdapterCPDS;
import org.apache.commons.dbcp2.datasources.SharedPoolDataSource;
import org.apache.tomcat.jdbc.pool.PoolProperties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;

import org.springframework.beans.factory.config.AbstractFactoryBean;
import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.jdbc.CommitSignalling;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Kinds of {@code DataSource}, and several of them.
 */
@ExtendWith(OutputCaptureExtension.class)
class SeveralDataSourcesTests {

	private static final Duration LONG = Duration.ofMinutes(2);

	@TempDir
	private Path directory;

	enum Kind {

		DRIVER_MANAGER {
			@Override
			DataSource create(String url) {
				return new DriverManagerDataSource(url);
			}
		},
		SQLITE {
			@Override
			DataSource create(String url) {
				SQLiteDataSource dataSource = new SQLiteDataSource();
				dataSource.setUrl(url);
				return dataSource;
			}
		},
		HIKARI {
			@Override
			DataSource create(String url) {
				HikariDataSource dataSource = new HikariDataSource();
				dataSource.setJdbcUrl(url);
				return dataSource;
			}
		},
		HIKARI_STARTED {
			@Override
			DataSource create(String url) {
				HikariConfig config = new HikariConfig();
				config.setJdbcUrl(url);
				return new HikariDataSource(config);
			}
		},
		HIKARI_WITH_CLASS_NAME {
			@Override
			DataSource create(String url) {
				HikariDataSource dataSource = new HikariDataSource();
				dataSource.setDataSourceClassName("org.sqlite.SQLiteDataSource");
				dataSource.addDataSourceProperty("url", url);
				return dataSource;
			}
		},
		HIKARI_AROUND {
			@Override
			DataSource create(String url) {
				HikariDataSource dataSource = new HikariDataSource();
				dataSource.setDataSource(SQLITE.create(url));
				return dataSource;
			}
		},
		DBCP {
			@Override
			DataSource create(String url) {
				BasicDataSource dataSource = new BasicDataSource();
				dataSource.setUrl(url);
				return dataSource;
			}
		},
		TOMCAT {
			@Override
			DataSource create(String url) {
				PoolProperties properties = new PoolProperties();
				properties.setUrl(url);
				properties.setDriverClassName("org.sqlite.JDBC");
				return new org.apache.tomcat.jdbc.pool.DataSource(properties);
			}
		},
		LAZY_PROXY {
			@Override
			DataSource create(String url) {
				return new LazyConnectionDataSourceProxy(DRIVER_MANAGER.create(url));
			}
		},
		SINGLE_CONNECTION {
			@Override
			DataSource create(String url) {
				return new SingleConnectionDataSource(url, true);
			}
		},
		DRUID {
			@Override
			DataSource create(String url) {
				DruidDataSource dataSource = new DruidDataSource();
				dataSource.setUrl(url);
				return dataSource;
			}
		},
		C3P0 {
			@Override
			DataSource create(String url) {
				ComboPooledDataSource dataSource = new ComboPooledDataSource();
				dataSource.setJdbcUrl(url);
				dataSource.setInitialPoolSize(1);
				dataSource.setMinPoolSize(1);
				return dataSource;
			}
		},
		AGROAL {
			@Override
			DataSource create(String url) {
				try {
					return AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
						.connectionPoolConfiguration((pool) -> pool.maxSize(2)
							.connectionFactoryConfiguration((factory) -> factory.jdbcUrl(url))));
				}
				catch (SQLException ex) {
					throw new IllegalStateException(ex);
				}
			}
		},
		DBCP_SHARED {
			@Override
			DataSource create(String url) {
				DriverAdapterCPDS source = new DriverAdapterCPDS();
				source.setUrl(url);
				SharedPoolDataSource dataSource = new SharedPoolDataSource();
				dataSource.setConnectionPoolDataSource(source);
				return dataSource;
			}
		},
		P6SPY_URL {
			@Override
			DataSource create(String url) {
				HikariDataSource dataSource = new HikariDataSource();
				dataSource.setDriverClassName("com.p6spy.engine.spy.P6SpyDriver");
				dataSource.setJdbcUrl(url.replace("jdbc:", "jdbc:p6spy:"));
				return dataSource;
			}
		},
		P6SPY_AROUND {
			@Override
			DataSource create(String url) {
				return new P6DataSource(DRIVER_MANAGER.create(url));
			}
		},
		DATASOURCE_PROXY {
			@Override
			DataSource create(String url) {
				return new ProxyDataSource(DRIVER_MANAGER.create(url));
			}
		},
		ROUTING {
			@Override
			DataSource create(String url) {
				DataSource target = DRIVER_MANAGER.create(url);
				AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {
					@Override
					protected Object determineCurrentLookupKey() {
						return "one";
					}
				};
				routing.setTargetDataSources(Map.of("one", target));
				return routing;
			}
		},
		HAND_WRITTEN {
			@Override
			DataSource create(String url) {
				return new HandWritten(DRIVER_MANAGER.create(url));
			}
		},
		GETTER {
			@Override
			DataSource create(String url) {
				return new Telling(url);
			}
		},
		JDK_PROXY {
			@Override
			DataSource create(String url) {
				DataSource target = DRIVER_MANAGER.create(url);
				return (DataSource) Proxy.newProxyInstance(getClass().getClassLoader(),
						new Class<?>[] { DataSource.class },
						(proxy, method, arguments) -> method.invoke(target, arguments));
			}
		};

		abstract DataSource create(String url);

	}

	/** A wrapper as somebody writes it who has never heard of wrappers. */
	static final class HandWritten extends AbstractDataSource {

		private final DataSource somewhere;

		HandWritten(DataSource somewhere) {
			this.somewhere = somewhere;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return this.somewhere.getConnection();
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return this.somewhere.getConnection(username, password);
		}

	}

	/** A pool that nobody here has heard of. */
	public static class Telling extends AbstractDataSource {

		private final String url;

		Telling(String url) {
			this.url = url;
		}

		public String getJdbcUrl() {
			return this.url;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return DriverManager.getConnection(this.url);
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

	}

	@Test
	void dataSourceOfAFactoryBeanIsReplicated() {
		Contexts.litestream()
			.withPropertyValues(Contexts.replica(this.directory), "litestream.monitor-interval=1h",
					"litestream.restore-if-missing=true")
			.withBean("app", Making.class, () -> new Making(Kind.DBCP.create(Contexts.url(this.directory, "app.db"))))
			.run((context) -> {
				JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
				Contexts.assertSignalled(context.getBean(Litestream.class).database("app"),
						() -> jdbc.execute("CREATE TABLE note(text)"));
			});
	}

	static class Making extends AbstractFactoryBean<DataSource> {

		private final DataSource made;

		Making(DataSource made) {
			this.made = made;
		}

		@Override
		public Class<?> getObjectType() {
			return DataSource.class;
		}

		@Override
		protected DataSource createInstance() {
			return this.made;
		}

	}

	@ParameterizedTest
	@EnumSource(Kind.class)
	void everyKindIsReplicatedAtOnce(Kind kind) {
		String url = Contexts.url(this.directory, "app.db");
		ApplicationContextRunner runner = Contexts.litestream()
			.withPropertyValues(Contexts.replica(this.directory), "litestream.monitor-interval=1h")
			.withBean("app", DataSource.class, () -> kind.create(url));
		runner.run((context) -> {
			JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
			Contexts.assertSignalled(context.getBean(Litestream.class).database("app"),
					() -> jdbc.execute("CREATE TABLE note(text)"));
			assertThat(context.getBean(Litestream.class).database("app").awaitReplicated(LONG)).isTrue();
			assertThat(jdbc.queryForObject("PRAGMA wal_autocheckpoint", Integer.class)).isZero();
			SQLiteConnection physical = jdbc
				.execute((java.sql.Connection connection) -> connection.unwrap(SQLiteConnection.class));
			assertThat(physical).isNotNull();
		});
		assertThat(this.directory.resolve("replica/generations")).isDirectoryContaining("glob:**");
		assertThat(this.directory.resolve("app.db-wal")).exists();
	}

	@Test
	void proxyBeansAroundADataSourceAreNotReplicatedAgain() {
		DataSource[] target = new DataSource[1];
		Contexts.litestream()
			.withPropertyValues(Contexts.replica(this.directory))
			.withBean("app", DataSource.class, () -> Kind.DRIVER_MANAGER.create(Contexts.url(this.directory, "app.db")))
			.withBean("proxy", DataSource.class, () -> new TransactionAwareDataSourceProxy(target[0]))
			.withInitializer((context) -> context
				.addBeanFactoryPostProcessor((factory) -> factory.getBeanDefinition("proxy").setDependsOn("app")))
			.withInitializer((context) -> context.addBeanFactoryPostProcessor((factory) -> factory
				.addBeanPostProcessor(new org.springframework.beans.factory.config.BeanPostProcessor() {
					@Override
					public Object postProcessAfterInitialization(Object bean, String name) {
						if (name.equals("app")) {
							target[0] = (DataSource) bean;
						}
						return bean;
					}
				})))
			.run((context) -> {
				assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("app");
				assertThat(context.getBean("app")).isInstanceOf(CommitSignalling.class);
				assertThat(DataSourceUnwrapper.unwrap(context.getBean("app", DataSource.class),
						DriverManagerDataSource.class))
					.isNotNull();
			});
	}

	private ApplicationContextRunner two(String first, String second) {
		return Contexts.litestream()
			.withBean("orders", DataSource.class, () -> Kind.HIKARI.create(Contexts.url(this.directory, first)))
			.withBean("users", DataSource.class, () -> Kind.HIKARI.create(Contexts.url(this.directory, second)));
	}

	@Test
	void twoDatabasesWithAPlaceholderAreApart() {
		two("orders.db", "users.db")
			.withPropertyValues("litestream.replicas[0].url=file://" + this.directory + "/replica/{database}")
			.run((context) -> {
				assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("orders", "users");
				context.getBean(Litestream.class).database("orders").sync(LONG);
				context.getBean(Litestream.class).database("users").sync(LONG);
				assertThat(this.directory.resolve("replica/orders/generations")).isDirectoryContaining("glob:**");
				assertThat(this.directory.resolve("replica/users/generations")).isDirectoryContaining("glob:**");
			});
	}

	@Test
	void twoDatabasesWithOneReplicaPathFailTheStart() {
		two("orders.db", "users.db").withPropertyValues(Contexts.replica(this.directory))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(LitestreamStartupException.class, (failure) -> {
					assertThat(failure.description())
						.startsWith("The databases of the DataSources 'orders' and 'users'")
						.contains("have one replica path: file://");
					assertThat(failure.action()).contains("{database}", "litestream.databases.users.replicas");
				}));
	}

	@Test
	void twoDatabasesWithOneMetaDirectoryFailTheStart() {
		two("orders.db", "users.db")
			.withPropertyValues("litestream.replicas[0].url=file://" + this.directory + "/replica/{database}",
					"litestream.meta-directory=" + this.directory.resolve("meta"))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("have one meta-directory"));
	}

	@Test
	void ownReplicasReplaceTheSharedOnes() {
		two("orders.db", "users.db")
			.withPropertyValues(Contexts.replica(this.directory),
					"litestream.databases.users.replicas[0].url=file://" + this.directory + "/other",
					"litestream.databases.users.replicas[0].name=other")
			.run((context) -> {
				Litestream litestream = context.getBean(Litestream.class);
				assertThat(litestream.database("orders").status().replicas()).containsOnlyKeys("file");
				assertThat(litestream.database("users").status().replicas()).containsOnlyKeys("other");
			});
	}

	@Test
	void twoDataSourcesOfOneFileShareItsReplication(CapturedOutput output) throws IOException {
		Files.createSymbolicLink(this.directory.resolve("link.db"), this.directory.resolve("app.db"));
		Files.createFile(this.directory.resolve("app.db"));
		two("app.db", "link.db").withPropertyValues(Contexts.replica(this.directory)).run((context) -> {
			assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("app.db");
			new JdbcTemplate(context.getBean("orders", DataSource.class)).execute("CREATE TABLE note(text)");
			new JdbcTemplate(context.getBean("users", DataSource.class)).execute("INSERT INTO note VALUES ('x')");
			context.getBean(Litestream.class).sync(LONG);
		});
		assertThat(output).contains("DataSource 'orders' uses the database 'app.db', which is replicated already")
			.containsOnlyOnce("replication stopped at position");
	}

	@Test
	void databaseWithoutReplicaAmongOthersIsNamed(CapturedOutput output) {
		two("orders.db", "users.db")
			.withPropertyValues("litestream.databases.orders.replicas[0].url=file://" + this.directory + "/replica")
			.run((context) -> assertThat(context.getBean(Litestream.class).databases()).containsOnlyKeys("orders"));
		assertThat(output).contains("No replica is configured for DataSource 'users': nothing is replicated");
	}

	@Test
	void singleDatabaseMethodsRefuseWhenThereAreSeveral() {
		two("orders.db", "users.db")
			.withPropertyValues("litestream.replicas[0].url=file://" + this.directory + "/replica/{database}")
			.run((context) -> {
				assertThat(context.getBean(Litestream.class).databases()).hasSize(2);
				org.assertj.core.api.Assertions.assertThatIllegalStateException()
					.isThrownBy(() -> context.getBean(Litestream.class).status())
					.withMessage("one replicated database is expected, but there are 2: orders, users");
				org.assertj.core.api.Assertions.assertThatIllegalArgumentException()
					.isThrownBy(() -> context.getBean(Litestream.class).database("nope"))
					.withMessage("no database 'nope' is being replicated: orders, users");
			});
	}

}
