# One image for web and worker; the command decides. Not a medical device.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 HMS_DATA_DIR=/data
WORKDIR /srv/hms
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY app app
COPY pages pages
COPY components components
COPY ml ml
COPY workers workers
COPY assets assets
COPY migrations migrations
RUN pip install --no-cache-dir -c constraints.txt -e '.[cpu]' \
    && useradd --system --uid 10001 --home /data hms \
    && install -d -o hms -g hms /data
USER hms
VOLUME /data
EXPOSE 8050
CMD ["hms", "web"]
