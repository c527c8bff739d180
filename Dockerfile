# .env must set SIGN_IN and JWT_SECRET, and leave HOST, PORT and DATA_DIR unset:
# docker build -t promptmeter . && docker run -p 127.0.0.1:3000:3000 -v promptmeter:/data --env-file .env promptmeter
FROM node:24-bookworm-slim
WORKDIR /app
COPY . .
# The dashboard is built by the install; what built it stays behind.
RUN npm ci && npm prune --omit=dev && npm cache clean --force && mkdir /data && chown node /data
USER node
ENV HOST=0.0.0.0 DATA_DIR=/data NODE_ENV=production
VOLUME /data
EXPOSE 3000
HEALTHCHECK CMD ["node", "-e", "fetch('http://127.0.0.1:3000/readyz').then((answer) => process.exit(answer.ok ? 0 : 1))"]
CMD ["node", "--max-semi-space-size=8", "--max-old-space-size=512", "packages/server/bin/promptmeter.js", "serve"]
