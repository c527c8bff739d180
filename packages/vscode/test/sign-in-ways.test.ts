import type { OAuthServer } from '@promptmeter/client'
import { describe, expect, it } from 'vitest'
import { signInWays } from '../src/core/sign-in-ways.ts'

const SERVER: OAuthServer = {
  issuer: 'https://meter.example.com',
  authorization_endpoint: 'https://meter.example.com/oauth/authorize',
  token_endpoint: 'https://meter.example.com/oauth/token',
  device_authorization_endpoint: 'https://meter.example.com/oauth/device',
}
const LISTING: OAuthServer = {
  ...SERVER,
  promptmeter_redirect_schemes: ['vscode', 'cursor'],
  promptmeter_redirect_origins: ['https://editor.example.com', 'http://editor.internal:8080'],
}

const local = (callback: string, server = LISTING) => signInWays({ callback, canListen: true }, server)
const remote = (callback: string, server = LISTING) => signInWays({ callback, canListen: false }, server)

const ALL = ['link', 'loopback', 'device', 'paste']
const WITHOUT_LINK = ['loopback', 'device', 'paste']

describe('a link to the editor is the best way', () => {
  it.each([
    ['a desktop', 'vscode://me.hello/signed-in?windowId=1'],
    ['a fork whose scheme the server takes', 'cursor://me.hello/signed-in'],
  ])('for %s', (_what, callback) => {
    expect(local(callback)).toEqual(ALL)
  })

  it('for a desktop of VS Code where the server does not say what it takes', () => {
    expect(local('vscode://me.hello/signed-in', SERVER)).toEqual(ALL)
    expect(local('vscode-insiders://me.hello/signed-in', SERVER)).toEqual(ALL)
    expect(local('cursor://me.hello/signed-in', SERVER)).toEqual(WITHOUT_LINK)
  })

  it('for an editor in the browser whose origin the server takes', () => {
    expect(remote('https://editor.example.com/callback?x=1')).toEqual(['link', 'device', 'paste'])
    expect(remote('http://editor.internal:8080/callback')).toEqual(['link', 'device', 'paste'])
  })

  it.each(['http://localhost:3000/callback', 'http://127.0.0.1:8080/c', 'http://[::1]:8080/c'])(
    'for an editor in the browser of this computer: %s',
    (callback) => {
      expect(remote(callback, SERVER)).toEqual(['link', 'device', 'paste'])
    },
  )
})

describe('no link is tried that the server would not lead back to', () => {
  it.each([
    ['an unknown scheme', 'evil://me.hello/signed-in'],
    ['a scheme that only begins like one', 'vscode-evil://me.hello/signed-in'],
    ['another origin', 'https://evil.example/callback'],
    ['the same host on another port', 'https://editor.example.com:444/callback'],
    ['the same host without encryption', 'http://editor.example.com/callback'],
    ['a host that only looks like this computer', 'http://localhost.evil.example/callback'],
    ['a host that only ends like this computer', 'http://evil-localhost/callback'],
    ['this computer with https that is not listed', 'https://localhost/callback'],
  ])('%s', (_what, callback) => {
    expect(local(callback)).toEqual(WITHOUT_LINK)
  })

  it('any origin where the server names none', () => {
    expect(remote('https://editor.example.com/callback', SERVER)).toEqual(['device', 'paste'])
  })
})

it('a remote editor does not listen: the browser would not reach it', () => {
  expect(remote('vscode://me.hello/signed-in')).toEqual(['link', 'device', 'paste'])
})

it('a code that is entered or copied is always there', () => {
  for (const callback of ['vscode://a.b/c', 'evil://a.b/c', 'https://x.example/'])
    for (const ways of [local(callback), remote(callback)])
      expect(ways.slice(-2)).toEqual(['device', 'paste'])
})
