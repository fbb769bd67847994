package org.litestream4j.boot.examples;

import java.nio.file.Path;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import org.litestream4j.boot.Litestream;

@Configuration(proxyBeanMethods = false)
class TenantConfiguration {

	@Bean
	Tenants tenants(Litestream litestream, @Value("${app.tenants}") Path directory) {
		return new Tenants(litestream, directory);
	}

	@Bean
	TenantRouter dataSource(Tenants tenants) {
		return new TenantRouter(tenants);
	}

}
