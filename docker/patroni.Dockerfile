# PostgreSQL 18 that Patroni leads, in the versions that the tests run. Its configuration comes from beside compose.cluster.yaml.
FROM postgres:18
COPY requirements.lock /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/* \
    && grep -oE '^[A-Za-z0-9._-]+==[^ ;]+' /tmp/requirements.lock > /tmp/versions && python3 -m venv /opt/patroni \
    && /opt/patroni/bin/pip install --no-cache-dir --constraint /tmp/versions 'patroni[etcd3,psycopg3]' \
    && rm /tmp/requirements.lock /tmp/versions
ENV PATH=/opt/patroni/bin:$PATH
USER postgres
ENTRYPOINT []
